#include "value_schema.hpp"

#include "number_patterns.hpp"
#include "text_patterns.hpp"

#include <gate/config/scalars.hpp>

#include <vector>

namespace config_schema {

using namespace gate::config;

namespace {

constexpr std::uint64_t most_list_items = 1000;  // as option_reading.cpp reads lists

bool is_number(std::string_view text) {
    return !text.empty() && text.find_first_not_of("0123456789.") == std::string_view::npos;
}

void write_certificates(json& to) {
    begin_list(to, 0, most_list_items);
    member(to, "type", "object");
    to.Key("properties");
    to.StartObject();
    for (const std::string_view key : {"cert_file", "key_file"}) {
        write_key(to, key);
        to.StartObject();
        member(to, "type", "string");
        member(to, "minLength", std::uint64_t{1});
        to.EndObject();
    }
    to.EndObject();
    to.Key("required");
    to.StartArray();
    write(to, "cert_file");
    write(to, "key_file");
    to.EndArray();
    member(to, "additionalProperties", false);
    to.EndObject();
}

std::string anchored(const std::string& pattern) {
    return "^(" + pattern + ")$";
}

// One function for each kind of value.
struct shape {
    json& to;

    void operator()(const boolean_value&) const { member(to, "type", "boolean"); }
    void operator()(const count_value& kind) const {
        member(to, "type", "integer");
        member(to, "minimum", std::uint64_t{kind.least});
        member(to, "maximum", std::uint64_t{kind.most});
    }
    void operator()(const size_value& kind) const {
        write_measure(to, kind.least == 0, size_pattern(kind.least, kind.most));
    }
    void operator()(const byte_rate_value& kind) const {
        write_measure(to, kind.least == 0, byte_rate_pattern(kind.least, kind.most));
    }
    void operator()(const share_value& kind) const {
        write_measure(to, kind.least == 0, share_pattern(kind.least, kind.most));
    }
    void operator()(const ratio_value&) const {
        member(to, "type", "number");
        member(to, "minimum", std::uint64_t{0});
        member(to, "maximum", std::uint64_t{1});
    }
    void operator()(const duration_value& kind) const {
        write_measure(to, kind.least == duration::zero(), duration_pattern(kind.least, kind.most));
    }
    void operator()(const listen_value&) const { write_pattern(to, anchored(listen_pattern())); }
    void operator()(const optional_listen_value&) const {
        write_pattern(to, anchored("|" + listen_pattern()));
    }
    void operator()(const socket_mode_value&) const { write_pattern(to, socket_mode_pattern()); }
    void operator()(const url_value& kind) const { write_pattern(to, url_pattern(kind)); }
    void operator()(const text_value& kind) const { write_pattern(to, pattern_of(kind.check)); }
    void operator()(const choice_value& kind) const { write_names(to, kind.names); }
    void operator()(const workers_value& kind) const {
        to.Key("anyOf");
        to.StartArray();
        to.StartObject();
        write_names(to, std::vector<std::string_view>{"auto"});
        to.EndObject();
        to.StartObject();
        member(to, "type", "integer");
        member(to, "minimum", std::uint64_t{1});
        member(to, "maximum", std::uint64_t{kind.most});
        to.EndObject();
        to.EndArray();
    }
    void operator()(const text_list& kind) const { list_of(pattern_of(kind.check)); }
    void operator()(const network_list&) const { list_of(network_pattern()); }
    void operator()(const certificate_list&) const { write_certificates(to); }

    void list_of(const std::string& pattern) const {
        begin_list(to, 0, most_list_items);
        write_pattern(to, pattern);
        to.EndObject();
    }
};

void write_default(json& to, const option& which) {
    to.Key("default");
    const auto values = values_of(which, config{});
    const bool is_plain_number =
        std::holds_alternative<count_value>(which.kind) || std::holds_alternative<ratio_value>(which.kind);
    if (which.is_list()) {
        to.StartArray();
        for (const auto& each : values) write(to, each);
        to.EndArray();
    } else if (std::holds_alternative<boolean_value>(which.kind)) {
        to.Bool(values.front() == "true");
    } else if (is_plain_number) {
        to.RawValue(values.front().data(), values.front().size(), rapidjson::kNumberType);
    } else {
        write(to, values.front());
    }
}

}  // namespace

void write_key(json& to, std::string_view key) {
    to.Key(key.data(), static_cast<rapidjson::SizeType>(key.size()));
}

void member(json& to, std::string_view key, std::string_view text) {
    write_key(to, key);
    write(to, text);
}

void member(json& to, std::string_view key, const char* text) {
    member(to, key, std::string_view(text));
}

void member(json& to, std::string_view key, std::uint64_t number) {
    write_key(to, key);
    to.Uint64(number);
}

void member(json& to, std::string_view key, bool value) {
    write_key(to, key);
    to.Bool(value);
}

void write(json& to, std::string_view text) {
    to.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
}

void write_pattern(json& to, const std::string& pattern) {
    member(to, "type", "string");
    member(to, "pattern", pattern);
}

void write_measure(json& to, bool may_be_zero, const std::string& pattern) {
    if (!may_be_zero) return write_pattern(to, pattern);
    to.Key("type");
    to.StartArray();
    write(to, "string");
    write(to, "integer");
    to.EndArray();
    member(to, "pattern", pattern);
    member(to, "minimum", std::uint64_t{0});
    member(to, "maximum", std::uint64_t{0});
}

void write_names(json& to, std::span<const std::string_view> names) {
    to.Key("enum");
    to.StartArray();
    for (const auto name : names) write(to, name);
    for (const auto name : names)
        if (is_number(name)) to.RawValue(name.data(), name.size(), rapidjson::kNumberType);
    to.EndArray();
}

void begin_list(json& to, std::uint64_t least, std::uint64_t most) {
    member(to, "type", "array");
    if (least > 0) member(to, "minItems", least);
    member(to, "maxItems", most);
    member(to, "uniqueItems", true);
    to.Key("items");
    to.StartObject();
}

void write_option(json& to, const option& which) {
    to.StartObject();
    const std::string when = which.applies == change::restart ? " A change needs a restart." : "";
    member(to, "description", std::string(which.doc) + " [" + range_of(which) + "]" + when);
    std::visit(shape{to}, which.kind);
    write_default(to, which);
    to.EndObject();
}

}  // namespace config_schema
