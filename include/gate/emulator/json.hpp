#pragma once
// JSON as the emulator reads and writes it.

#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <optional>
#include <string>
#include <string_view>

namespace gate::emulator {

using json_value = rapidjson::Value;
using json_writer = rapidjson::Writer<rapidjson::StringBuffer>;

// One JSON text (RFC 8259) in valid UTF-8, nothing after it. Parses without recursion: depth costs no stack.
std::optional<rapidjson::Document> parse_json(std::string_view text);

// The member, or nullptr if `object` is no object or has no such member.
const json_value* find_member(const json_value& object, const char* name);

// The text of a string member, or nothing if it is absent or no string.
std::optional<std::string> string_member(const json_value& object, const char* name);

// Key and string value in one step.
void write(json_writer& out, std::string_view key, std::string_view value);

std::string text_of(const rapidjson::StringBuffer& buffer);

}  // namespace gate::emulator
