#include <gate/app/flat_object.hpp>
#include <gate/core/wiping_allocator.hpp>

#include <rapidjson/document.h>

#include <algorithm>

namespace gate::app {
namespace {

constexpr std::size_t max_members = 8;
// Iterative: the depth of a text costs heap, bounded by its size, and no stack. In situ: RapidJSON has no
// memory of its own for what may be a token.
constexpr unsigned parse_flags =
    rapidjson::kParseValidateEncodingFlag | rapidjson::kParseIterativeFlag | rapidjson::kParseInsituFlag;

// Zero-terminated. Wiped, for it may hold a token (rule 25).
std::vector<char, core::wiping_allocator<char>> copy_of(std::string_view text) {
    std::vector<char, core::wiping_allocator<char>> out(text.begin(), text.end());
    out.push_back('\0');
    return out;
}

std::string_view view(const rapidjson::Value& text) {
    return {text.GetString(), text.GetStringLength()};
}

}  // namespace

std::optional<std::vector<flat_member>> read_flat_object(std::string_view text) {
    // RapidJSON takes a NUL byte for the end of its input, and would not see what follows it.
    if (text.find('\0') != std::string_view::npos) return std::nullopt;
    auto copy = copy_of(text);
    rapidjson::Document document;
    document.ParseInsitu<parse_flags>(copy.data());
    if (document.HasParseError() || !document.IsObject() || document.MemberCount() > max_members)
        return std::nullopt;
    std::vector<flat_member> out;
    const rapidjson::Value& object = document;  // const: clang finds the other iterators ambiguous
    for (const auto& each : object.GetObject()) {
        const auto name = view(each.name);
        const bool known = std::ranges::any_of(out, [&](const auto& other) { return other.name == name; });
        if (known || (!each.value.IsString() && !each.value.IsBool())) return std::nullopt;
        auto& member = out.emplace_back();
        member.name = name;
        if (each.value.IsBool()) {
            member.boolean = each.value.GetBool();
        } else {
            member.text = core::secret_string(std::string(view(each.value)));
        }
    }
    return out;
}

}  // namespace gate::app
