#include "schema.hpp"

#include "text_patterns.hpp"
#include "value_schema.hpp"

#include <algorithm>
#include <optional>
#include <vector>

namespace config_schema {

using namespace gate::config;

namespace {

constexpr std::uint64_t most_listeners = 16, most_upstreams = 100, most_routes = 1000;

// An object, or nothing: a section whose keys are all left out. Open until end_section().
void begin_section(json& to) {
    to.Key("type");
    to.StartArray();
    to.String("object");
    to.String("null");
    to.EndArray();
    member(to, "additionalProperties", false);
    to.Key("properties");
    to.StartObject();
}

void write_required(json& to, const std::vector<const char*>& keys) {
    to.Key("required");
    to.StartArray();
    for (const auto* key : keys) to.String(key);
    to.EndArray();
}

void write_keys_below(json& to, std::string_view prefix);

void write_section(json& to, std::string_view prefix) {
    to.StartObject();
    begin_section(to);
    write_keys_below(to, prefix);
    to.EndObject();
    to.EndObject();
}

// Each key whose path begins with `prefix`: "" or "gate.".
void write_keys_below(json& to, std::string_view prefix) {
    std::string_view last;
    for (const option& which : all_options()) {
        if (!which.path.starts_with(prefix)) continue;
        const auto rest = which.path.substr(prefix.size());
        const auto dot = rest.find('.');
        const auto key = rest.substr(0, dot);
        if (key == last) continue;  // of a section that is written
        last = key;
        write_key(to, key);
        if (dot == std::string_view::npos) {
            write_option(to, which);
        } else {
            write_section(to, which.path.substr(0, prefix.size() + dot + 1));
        }
    }
}

// An entry of `listeners` or `upstreams`: the keys of a section, of which some are needed.
void write_entry(json& to, std::string_view prefix, const std::vector<const char*>& needed,
                 const std::optional<std::string>& name_pattern) {
    to.StartObject();
    member(to, "type", "object");
    write_required(to, needed);
    member(to, "additionalProperties", false);
    to.Key("properties");
    to.StartObject();
    if (name_pattern) {
        to.Key("name");
        to.StartObject();
        member(to, "type", "string");
        member(to, "pattern", *name_pattern);
        to.EndObject();
    }
    write_keys_below(to, prefix);
    to.EndObject();
    to.EndObject();
}

// The schema of its entries comes next, and EndObject().
void begin_list(json& to, const char* name, const char* about, std::uint64_t most) {
    to.Key(name);
    to.StartObject();
    member(to, "description", about);
    member(to, "type", "array");
    member(to, "maxItems", most);
    to.Key("items");
}

void write_listeners(json& to) {
    begin_list(to, "listeners", "Several listeners, in place of the section listener.", most_listeners);
    write_entry(to, "listener.", {"name", "address"}, listener_name_pattern());
    to.EndObject();
}

void write_upstreams(json& to) {
    to.Key("upstreams");
    to.StartObject();
    member(to, "description", "Further upstreams, by name. Routes choose them.");
    to.Key("type");
    to.StartArray();
    to.String("object");
    to.String("null");
    to.EndArray();
    member(to, "maxProperties", most_upstreams);
    to.Key("propertyNames");
    to.StartObject();
    member(to, "pattern", entry_name_pattern());
    to.EndObject();
    to.Key("additionalProperties");
    write_entry(to, "upstream.", {"url"}, {});
    to.EndObject();
}

void begin_object(json& to) {
    to.StartObject();
    member(to, "type", "object");
    member(to, "additionalProperties", false);
    to.Key("properties");
    to.StartObject();
}

// The keys of a route, in the order of the program; those of `timeouts` come last.
void write_route(json& to) {
    constexpr std::string_view below = "timeouts.";
    const auto keys = describe_route_keys();
    begin_object(to);
    for (const auto& each : keys) {
        if (each.name.starts_with(below)) continue;
        write_key(to, each.name);
        write_route_key(to, each);
    }
    to.Key("timeouts");
    begin_object(to);
    for (const auto& each : keys) {
        if (!each.name.starts_with(below)) continue;
        write_key(to, std::string_view(each.name).substr(below.size()));
        write_route_key(to, each);
    }
    for (int i = 0; i < 4; ++i) to.EndObject();
}

void write_routes(json& to) {
    begin_list(to, "routes", "What holds for some requests. The order means nothing.", most_routes);
    write_route(to);
    to.EndObject();
}

}  // namespace

std::string make() {
    rapidjson::StringBuffer text;
    json to(text);
    to.SetIndent(' ', 1);
    to.StartObject();
    member(to, "$schema", "http://json-schema.org/draft-07/schema#");
    member(to, "title", "gate-sidecar");
    member(to, "description",
           "The configuration file of gate-sidecar. Made by `./run schema` from the option table.");
    begin_section(to);
    write_keys_below(to, "");
    write_listeners(to);
    write_upstreams(to);
    write_routes(to);
    to.EndObject();
    to.EndObject();
    return std::string(text.GetString(), text.GetSize()) + "\n";
}

}  // namespace config_schema
