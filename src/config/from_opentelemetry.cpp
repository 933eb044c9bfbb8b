// The environment variables of OpenTelemetry (its specification, "Environment Variable Specification" and
// "OpenTelemetry Protocol Exporter"). They are for every program in the environment, so that whatever is said
// to this one alone by a flag or a variable goes before them; they go before the file. Where spans are not
// exported, none of them is looked at.
#include <gate/config/draft.hpp>
#include <gate/config/scalars.hpp>
#include <gate/core/text.hpp>

#include <algorithm>
#include <array>
#include <initializer_list>

namespace gate::config {
namespace {

constexpr std::string_view endpoint = "telemetry.otlp.endpoint";
constexpr std::string_view traces_endpoint = "telemetry.otlp.traces_endpoint";

struct found_variable {
    std::string_view name;
    std::string value;
};

// The first of them that is set; an empty one counts as unset.
std::optional<found_variable> first_of(const load_input& input,
                                       std::initializer_list<std::string_view> names) {
    for (const auto name : names) {
        auto text = input.environment(name);
        if (text && !text->empty()) return found_variable{name, std::move(*text)};
    }
    return std::nullopt;
}

bool is_said_to_us(const draft& of, std::string_view option_path) {
    const auto kind = of.origin_of(option_path).kind;
    return kind == origin::kind_t::environment || kind == origin::kind_t::flag || of.is_wrong(option_path);
}

void set(draft& into, std::string_view option_path, std::vector<std::string> values, const origin& from) {
    into.set(*find_option(option_path), {std::move(values), {}, {}, from});
}

void take(draft& into, std::string_view option_path, const std::optional<found_variable>& found) {
    if (!found || is_said_to_us(into, option_path)) return;
    const auto& which = *find_option(option_path);
    std::vector<std::string> values;
    std::string_view rest = found->value;
    while (which.is_list() && !rest.empty()) {
        const auto end = std::min(rest.find(','), rest.size());
        if (const auto item = core::trim(rest.substr(0, end)); !item.empty()) values.emplace_back(item);
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    if (!which.is_list()) values.push_back(found->value);
    set(into, option_path, std::move(values), {origin::kind_t::environment, std::string(found->name), {}});
}

bool wants_no_spans(const load_input& input) {
    const auto is = [&](std::string_view name, std::string_view value) {
        const auto text = input.environment(name);
        return text && core::iequals(*text, value);
    };
    return is("OTEL_SDK_DISABLED", "true") || is("OTEL_TRACES_EXPORTER", "none");
}

void take_endpoint(const load_input& input, draft& into) {
    if (is_said_to_us(into, endpoint) || is_said_to_us(into, traces_endpoint) || wants_no_spans(input))
        return;
    const auto whole = first_of(input, {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"});
    take(into, traces_endpoint, whole);
    if (!whole) take(into, endpoint, first_of(input, {"OTEL_EXPORTER_OTLP_ENDPOINT"}));
}

// The whole URL goes before the base URL where both come from the same place. Else the place decides.
void settle_endpoint(draft& into) {
    const auto& base = into.origin_of(endpoint);
    const bool has_both =
        !into.value.telemetry.otlp.endpoint.empty() && !into.value.telemetry.otlp.traces_endpoint.empty();
    if (has_both && base.kind > into.origin_of(traces_endpoint).kind) set(into, traces_endpoint, {""}, base);
}

void take_tls(const load_input& input, draft& into) {
    const auto url = parse_url(into.value.telemetry.otlp.traces_url());
    if (!url || !url->tls) return;  // the files are for other programs
    take(into, "telemetry.otlp.tls.ca_file",
         first_of(input, {"OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE", "OTEL_EXPORTER_OTLP_CERTIFICATE"}));
    take(into, "telemetry.otlp.tls.client_cert_file",
         first_of(input,
                  {"OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE", "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE"}));
    take(into, "telemetry.otlp.tls.client_key_file",
         first_of(input, {"OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY", "OTEL_EXPORTER_OTLP_CLIENT_KEY"}));
}

}  // namespace

void apply_opentelemetry(const load_input& input, draft& into) {
    if (input.environment) take_endpoint(input, into);
    settle_endpoint(into);
    if (!input.environment || !into.value.telemetry.otlp.is_on()) return;
    take(into, "telemetry.otlp.service_name", first_of(input, {"OTEL_SERVICE_NAME"}));
    take(into, "telemetry.otlp.resource_attributes", first_of(input, {"OTEL_RESOURCE_ATTRIBUTES"}));
    take_tls(input, into);
}

}  // namespace gate::config
