#pragma once
// What may stand as a value, in the words of JSON Schema.

#include <gate/config/options.hpp>
#include <gate/config/route_keys.hpp>

#include <rapidjson/prettywriter.h>
#include <rapidjson/stringbuffer.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace config_schema {

using json = rapidjson::PrettyWriter<rapidjson::StringBuffer>;

void write_key(json& to, std::string_view key);

// A member of the object that is being written: its key and its value.
void member(json& to, std::string_view key, std::string_view text);
void member(json& to, std::string_view key, const char* text);
void member(json& to, std::string_view key, std::uint64_t number);
void member(json& to, std::string_view key, bool value);

void write(json& to, std::string_view text);

// The members of the schema of a text.
void write_pattern(json& to, const std::string& pattern);

// Of a number with a unit. A plain 0 needs none, and YAML takes it for a number.
void write_measure(json& to, bool may_be_zero, const std::string& pattern);

// Of one of these texts. A name such as 1.2 is a number for YAML unless it stands in quotes: both are good.
void write_names(json& to, std::span<const std::string_view> names);

// Of a list without repetitions. The object for its items is open then, and must be ended.
void begin_list(json& to, std::uint64_t least, std::uint64_t most);

// The whole schema of a value, as one object.
void write_option(json& to, const gate::config::option& which);
void write_route_key(json& to, const gate::config::route_key_description& which);

}  // namespace config_schema
