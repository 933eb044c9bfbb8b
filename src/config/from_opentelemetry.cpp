// The environment variables of OpenTelemetry (its specification, "Environment Variable Specification" and
// "OpenTelemetry Protocol Exporter"). They are for every program in the environment, so that whatever is said
// to this one alone by a flag or a variable goes before them; they go before the file. Where spans are not
// exported, none of them is looked at. One that cannot be used is left alone with a warning: whoever wrote it
// may not know of this program, which is not to stop for it.
#include <gate/config/draft.hpp>
#include <gate/config/scalars.hpp>
#include <gate/config/telemetry_rules.hpp>
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

void leave_alone(draft& into, std::string_view name, const std::string& why) {
    into.warnings.push_back(std::string(name) + " is left alone: " + why);
}

// Without empty items, unlike those of our own variables, which are an error there.
std::vector<std::string> values_of_variable(const option& which, const std::string& text) {
    if (!which.is_list()) return {text};
    const auto items = items_of(text, ",");
    return {items.begin(), items.end()};
}

// What is wrong with the values for that option, or "".
std::string why_unusable(const option& which, const std::vector<std::string>& values, const config& in) {
    config only;
    only.telemetry = in.telemetry;
    const auto bad = assign(which, values, only);
    if (!bad.empty()) return bad.front().message;
    if (only.telemetry.otlp.resource_attributes.size() > most_resource_attributes)
        return "it has more than 64 items";
    return {};
}

enum class took : std::uint8_t { nothing, value, not_usable };

// Takes the value, unless we have been told another; else, or if it cannot be used, the option stays. A
// warning says so unless `why` is to have it.
took take(draft& into, std::string_view option_path, const std::optional<found_variable>& found,
          std::string* why = nullptr) {
    if (!found || is_said_to_us(into, option_path)) return took::nothing;
    const auto& which = *find_option(option_path);
    auto values = values_of_variable(which, found->value);
    auto bad = why_unusable(which, values, into.value);
    if (!bad.empty()) {
        if (why != nullptr)
            *why = std::move(bad);
        else
            leave_alone(into, found->name, bad);
        return took::not_usable;
    }
    set(into, option_path, std::move(values), {origin::kind_t::environment, std::string(found->name), {}});
    return took::value;
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
    const auto got = whole ? take(into, traces_endpoint, whole)
                           : take(into, endpoint, first_of(input, {"OTEL_EXPORTER_OTLP_ENDPOINT"}));
    into.value.telemetry.collector_is_everybodys = got == took::value;
    into.has_otlp_given_up = got == took::not_usable && !into.value.telemetry.otlp.is_on();
}

// The whole URL goes before the base URL where both come from the same place. Else the place decides.
void settle_endpoint(draft& into) {
    const auto& base = into.origin_of(endpoint);
    const bool has_both =
        !into.value.telemetry.otlp.endpoint.empty() && !into.value.telemetry.otlp.traces_endpoint.empty();
    if (has_both && base.kind > into.origin_of(traces_endpoint).kind) set(into, traces_endpoint, {""}, base);
}

// Like the header fields, they are for the collector that these variables name, and for no other.
void take_tls(const load_input& input, draft& into) {
    const auto url = parse_url(into.value.telemetry.otlp.traces_url());
    if (!into.value.telemetry.collector_is_everybodys || !url || !url->tls) return;
    const auto take_file = [&](std::string_view path, std::initializer_list<std::string_view> names) {
        const auto found = first_of(input, names);
        std::string why;
        if (take(into, path, found, &why) == took::not_usable)
            give_up_otlp(std::string(found->name), why, into);
    };
    take_file("telemetry.otlp.tls.ca_file",
              {"OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE", "OTEL_EXPORTER_OTLP_CERTIFICATE"});
    take_file("telemetry.otlp.tls.client_cert_file",
              {"OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE", "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE"});
    take_file("telemetry.otlp.tls.client_key_file",
              {"OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY", "OTEL_EXPORTER_OTLP_CLIENT_KEY"});
    const auto give_up_without = [&](std::string_view has, std::string_view lacks, const char* what) {
        const auto& from = into.origin_of(has);
        if (into.value.telemetry.otlp.is_on() && from.kind == origin::kind_t::environment &&
            from.where.starts_with("OTEL_") && into.origin_of(lacks).kind == origin::kind_t::standard)
            give_up_otlp(std::string(from.where), what, into);
    };
    constexpr std::string_view cert = "telemetry.otlp.tls.client_cert_file";
    constexpr std::string_view key = "telemetry.otlp.tls.client_key_file";
    give_up_without(cert, key, "there is no client key");
    give_up_without(key, cert, "there is no client certificate");
}

}  // namespace

void give_up_otlp(const std::string& variable, const std::string& why, draft& into) {
    into.warnings.push_back("no spans are exported: " + variable + " cannot be used: " + why);
    const origin from{origin::kind_t::environment, variable, {}};
    for (const auto path : {endpoint, traces_endpoint}) set(into, path, {""}, from);
    into.has_otlp_given_up = true;
    into.value.telemetry.collector_is_everybodys = false;
}

void apply_opentelemetry(const load_input& input, draft& into) {
    if (input.environment) take_endpoint(input, into);
    settle_endpoint(into);
    if (!input.environment || !into.value.telemetry.otlp.is_on()) return;
    take(into, "telemetry.otlp.service_name", first_of(input, {"OTEL_SERVICE_NAME"}));
    take(into, "telemetry.otlp.resource_attributes", first_of(input, {"OTEL_RESOURCE_ATTRIBUTES"}));
    take_tls(input, into);
}

}  // namespace gate::config
