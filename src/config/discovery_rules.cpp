#include <gate/config/discovery_rules.hpp>
#include <gate/config/problem.hpp>
#include <gate/config/rules.hpp>
#include <gate/config/scalars.hpp>
#include <gate/core/text.hpp>

#include <algorithm>

namespace gate::config {
namespace {

// So that the body of a 401 stays below 1 KiB.
constexpr std::size_t longest_url = 256;

std::string check_length(std::string_view text) {
    return text.size() > longest_url ? "must not be longer than 256 bytes" : "";
}

// C1 controls, which terminals obey.
bool has_c1_control(std::string_view text) {
    for (auto at = text.find('\xc2'); at != std::string_view::npos; at = text.find('\xc2', at + 1))
        if (at + 1 < text.size() && static_cast<unsigned char>(text[at + 1]) < 0xa0) return true;
    return false;
}

// RFC 3986 3.4 and 3.5.
bool is_query_character(char c) {
    return core::is_alphanumeric(c) ||
           std::string_view("-._~!$&'()*+,;=:@/?%").find(c) != std::string_view::npos;
}

}  // namespace

std::string check_public_url(std::string_view text) {
    if (text.empty()) return {};
    if (auto bad = check_length(text); !bad.empty()) return bad;
    const auto url = parse_url(text);
    if (!url) return url.error();
    if (const auto usual = format_url(*url); usual != text) return "must be written as " + in_quotes(usual);
    return url->path.empty() ? std::string() : check_path(url->path);
}

std::string check_service_id(std::string_view text) {
    constexpr std::size_t longest = 64;
    if (text.empty()) return {};
    const auto is_safe = [](char c) { return core::is_alphanumeric(c) || c == '-' || c == '_' || c == '.'; };
    if (text.size() > longest || !std::ranges::all_of(text, is_safe) || !core::is_alphanumeric(text.front()))
        return "needs 1 to 64 letters, digits, '-', '_' or '.', and a letter or digit first";
    return {};
}

std::string check_api_name(std::string_view text) {
    constexpr std::size_t longest = 128;
    if (text.size() > longest) return "must not be longer than 128 bytes";
    if (find_bad_byte(text, false) != std::string_view::npos || has_c1_control(text))
        return "must be UTF-8 without control characters";
    if (core::trim(text) != text) return "must not begin or end with a blank";
    return {};
}

std::string check_page_url(std::string_view text) {
    if (text.empty()) return {};
    if (auto bad = check_length(text); !bad.empty()) return bad;
    const auto end = std::min(text.find_first_of("?#"), text.size());
    if (const auto url = parse_url(text.substr(0, end)); !url) return url.error();
    auto rest = text.substr(end);
    if (const auto hash = rest.find('#'); hash != std::string_view::npos) {
        if (!std::ranges::all_of(rest.substr(hash + 1), is_query_character))
            return "has a character in its fragment that must be percent-encoded";
        rest = rest.substr(0, hash);
    }
    if (!std::ranges::all_of(rest, is_query_character))
        return "has a character in its query that must be percent-encoded";
    return {};
}

}  // namespace gate::config
