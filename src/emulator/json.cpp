#include <gate/emulator/json.hpp>

namespace gate::emulator {
namespace {

rapidjson::SizeType size_of(std::string_view text) {
    return static_cast<rapidjson::SizeType>(text.size());
}

}  // namespace

std::optional<rapidjson::Document> parse_json(std::string_view text) {
    constexpr unsigned flags = rapidjson::kParseIterativeFlag | rapidjson::kParseValidateEncodingFlag;
    if (text.empty()) return std::nullopt;
    rapidjson::Document document;
    document.Parse<flags>(text.data(), text.size());
    if (document.HasParseError()) return std::nullopt;
    return document;
}

const json_value* find_member(const json_value& object, const char* name) {
    if (!object.IsObject()) return nullptr;
    const auto found = object.FindMember(name);
    return found == object.MemberEnd() ? nullptr : &found->value;
}

std::optional<std::string> string_member(const json_value& object, const char* name) {
    const json_value* value = find_member(object, name);
    if (value == nullptr || !value->IsString()) return std::nullopt;
    return std::string(value->GetString(), value->GetStringLength());
}

void write(json_writer& out, std::string_view key, std::string_view value) {
    out.Key(key.data(), size_of(key));
    out.String(value.data(), size_of(value));
}

std::string text_of(const rapidjson::StringBuffer& buffer) {
    return {buffer.GetString(), buffer.GetSize()};
}

}  // namespace gate::emulator
