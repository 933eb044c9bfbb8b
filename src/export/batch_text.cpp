#include <gate/config/telemetry_rules.hpp>
#include <gate/core/hex.hpp>
#include <gate/core/json_writer.hpp>
#include <gate/core/random.hpp>
#include <gate/export/batch_text.hpp>

#include <array>
#include <map>

namespace gate::exporting {
namespace {

constexpr std::string_view scope = "gate-sidecar";
// Of the semantic conventions whose names the attributes have.
constexpr std::string_view schema = "https://opentelemetry.io/schemas/1.37.0";

// By key, each once. What is said of this program in particular goes before what is said of its surroundings.
std::map<std::string, std::string> attributes_of(const config::otlp_options& options,
                                                 std::string_view version, std::string_view instance) {
    std::map<std::string, std::string> out;
    for (const auto& each : options.resource_attributes) {
        auto [key, value] = config::read_resource_attribute(each);
        if (key == "service.name" && value.empty()) continue;
        out.insert_or_assign(std::move(key), std::move(value));
    }
    if (!options.service_name.empty()) out.insert_or_assign("service.name", options.service_name);
    out.try_emplace("service.name", scope);
    out.try_emplace("service.version", version);
    out.try_emplace("service.instance.id", instance);
    return out;
}

void write_resource(core::json_writer& to, const std::map<std::string, std::string>& attributes) {
    to.name("resource");
    to.begin_object();
    to.name("attributes");
    to.begin_array();
    for (const auto& [key, value] : attributes) {
        to.begin_object();
        to.member("key", std::string_view(key));
        to.name("value");
        to.begin_object();
        to.member("stringValue", std::string_view(value));
        to.end_object();
        to.end_object();
    }
    to.end_array();
    to.end_object();
}

}  // namespace

batch_frame make_batch_frame(const config::otlp_options& options, std::string_view version,
                             std::string_view instance) {
    core::json_writer to;
    to.begin_object();
    to.name("resourceSpans");
    to.begin_array();
    to.begin_object();
    write_resource(to, attributes_of(options, version, instance));
    to.name("scopeSpans");
    to.begin_array();
    to.begin_object();
    to.name("scope");
    to.begin_object();
    to.member("name", scope);
    to.member("version", version);
    to.end_object();
    to.member("schemaUrl", schema);
    to.name("spans");
    to.begin_array();
    return {std::string(to.text()), "]}]}]}"};
}

std::string make_instance_id() {
    std::array<std::uint8_t, 16> bytes{};
    core::fill_with_random(bytes);
    bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0FU) | 0x40U);  // version 4
    bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3FU) | 0x80U);
    std::string digits(32, '0');
    core::write_hex(std::span<const std::uint8_t>(bytes), digits.data());
    for (const std::size_t at : {20U, 16U, 12U, 8U}) digits.insert(at, 1, '-');
    return digits;
}

}  // namespace gate::exporting
