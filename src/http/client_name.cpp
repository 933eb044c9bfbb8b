#include "chars.hpp"

#include <gate/http/client_name.hpp>

#include <algorithm>

namespace gate::http {
namespace {

constexpr std::size_t longest_uri = 2048;  // SPIFFE ID, 2.3
constexpr std::size_t longest_dns_name = 253;
constexpr std::string_view one_segment = "*";

bool is_control(char c) noexcept {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

bool is_alpha(char c) noexcept {
    return core::is_alphanumeric(c) && !is_digit(c);
}

// RFC 3986 appendix A, but for "%", which needs two digits after it.
bool is_uri_char(char c) noexcept {
    return core::is_alphanumeric(c) ||
           (c != '\0' && std::string_view("-._~:/?#[]@!$&'()*+,;=").find(c) != std::string_view::npos);
}

bool has_uri_chars(std::string_view text) noexcept {
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%') {
            if (text.size() - i < 3 || hex_value(text[i + 1]) > 15 || hex_value(text[i + 2]) > 15)
                return false;
            i += 2;
        } else if (!is_uri_char(text[i])) {
            return false;
        }
    }
    return true;
}

// Views into the text of a URI.
struct uri_parts {
    std::string_view scheme;
    std::string_view authority;  // with its "//", or empty: there is none
    std::string_view path;
    std::string_view rest;  // query and fragment, with their marks
};

uri_parts split(std::string_view uri) noexcept {
    uri_parts out;
    const auto colon = std::min(uri.find(':'), uri.size());
    out.scheme = uri.substr(0, colon);
    uri.remove_prefix(std::min(colon + 1, uri.size()));
    if (uri.starts_with("//")) {
        out.authority = uri.substr(0, std::min(uri.find_first_of("/?#", 2), uri.size()));
        uri.remove_prefix(out.authority.size());
    }
    out.path = uri.substr(0, std::min(uri.find_first_of("?#"), uri.size()));
    out.rest = uri.substr(out.path.size());
    return out;
}

bool is_scheme(std::string_view text) noexcept {
    const auto fits = [](char c) { return core::is_alphanumeric(c) || c == '+' || c == '-' || c == '.'; };
    return !text.empty() && is_alpha(text.front()) && std::all_of(text.begin(), text.end(), fits);
}

// Takes the first segment off `path`, with the '/' after it.
std::string_view next_segment(std::string_view& path) noexcept {
    const auto end = std::min(path.find('/'), path.size());
    const auto out = path.substr(0, end);
    path.remove_prefix(std::min(end + 1, path.size()));
    return out;
}

// Receivers would not agree on what such a path means: it has an empty or a dot segment.
bool is_ambiguous(std::string_view path) noexcept {
    if (path.starts_with('/')) path.remove_prefix(1);
    if (path.ends_with('/')) return true;
    while (!path.empty()) {
        const auto segment = next_segment(path);
        if (segment.empty() || segment == "." || segment == "..") return true;
    }
    return false;
}

// Byte by byte, but for the digits of escapes (RFC 3986 6.2.2.1).
bool is_same_text(std::string_view a, std::string_view b) noexcept {
    if (a.size() != b.size()) return false;
    std::size_t digits = 0;  // that belong to an escape
    for (std::size_t i = 0; i < a.size(); ++i) {
        const bool is_same = digits > 0 ? to_lower(a[i]) == to_lower(b[i]) : a[i] == b[i];
        if (!is_same) return false;
        digits = a[i] == '%' ? 2 : digits - (digits > 0 ? 1 : 0);
    }
    return true;
}

bool segment_matches(std::string_view pattern, std::string_view segment) noexcept {
    if (pattern != one_segment) return is_same_text(pattern, segment);
    return !segment.empty() && segment.find('%') == segment.npos;
}

bool path_matches(std::string_view pattern, std::string_view path) noexcept {
    while (!pattern.empty() && !path.empty()) {
        const bool goes_on = pattern.find('/') != pattern.npos;
        if (goes_on != (path.find('/') != path.npos)) return false;
        if (!segment_matches(next_segment(pattern), next_segment(path))) return false;
    }
    return pattern.empty() && path.empty();
}

bool is_usable_uri(std::string_view uri, const uri_parts& parts) noexcept {
    return uri.size() <= longest_uri && has_uri_chars(uri) && !is_ambiguous(parts.path);
}

bool uri_matches(std::string_view pattern, std::string_view uri) noexcept {
    const auto asked = split(pattern);
    const auto shown = split(uri);
    return is_usable_uri(uri, shown) && core::iequals(asked.scheme, shown.scheme) &&
           core::iequals(asked.authority, shown.authority) && is_same_text(asked.rest, shown.rest) &&
           path_matches(asked.path, shown.path);
}

bool is_dns_char(char c) noexcept {
    return core::is_alphanumeric(c) || c == '-' || c == '_' || c == '.';
}

std::string check_dns_name(std::string_view text) {
    if (text.find('*') != text.npos)
        return "must not have '*': DNS names are compared as a whole, and '*' is for segments of URIs";
    if (text.find('/') != text.npos) return "is a URI without its scheme, as in spiffe://example.org/app";
    if (text.starts_with('.') || text.ends_with('.') || text.find("..") != text.npos)
        return "has an empty label";
    const auto last_label = text.substr(text.rfind('.') + 1);  // npos + 1 is 0
    if (std::all_of(last_label.begin(), last_label.end(), is_digit))
        return "is no DNS name: only DNS names and URIs are compared, not IP addresses";
    if (text.size() > longest_dns_name || !std::all_of(text.begin(), text.end(), is_dns_char))
        return "is no DNS name: 1 to 253 letters, digits, '-', '_' or '.'";
    return {};
}

std::string check_stars(const uri_parts& parts) {
    const auto has_star = [](std::string_view text) { return text.find('*') != text.npos; };
    bool is_bad = has_star(parts.authority) || has_star(parts.rest) || has_star(parts.scheme);
    auto path = parts.path;
    while (!path.empty()) {
        const auto segment = next_segment(path);
        is_bad = is_bad || (has_star(segment) && segment != one_segment);
    }
    if (is_bad || (has_star(parts.path) && !parts.path.starts_with('/')))
        return "can have '*' only as a whole segment of the path, as in spiffe://example.org/ns/prod/*";
    return {};
}

bool is_port(const uri_parts& parts) noexcept {
    return parts.authority.empty() && std::all_of(parts.path.begin(), parts.path.end(), is_digit);
}

std::string check_uri(std::string_view text) {
    const auto parts = split(text);
    if (text.size() > longest_uri) return "is longer than 2048 bytes";
    if (!is_scheme(parts.scheme)) return "is no URI: it begins with no scheme";
    if (!has_uri_chars(text)) return "has a character that no URI has";
    if (parts.authority.find('@') != text.npos) return "must not have user information";
    if (parts.authority == "//" || parts.authority.starts_with("//:")) return "has no host";
    if (parts.authority.empty() && parts.path.empty()) return "names nothing after its scheme";
    if (is_port(parts)) return "must not have a port: names in certificates have none";
    if (is_ambiguous(parts.path)) return "has an empty segment or a dot segment in its path";
    return check_stars(parts);
}

}  // namespace

std::string check_client_name_pattern(std::string_view text) {
    if (text.empty()) return "needs a DNS name or a URI";
    return text.find(':') == text.npos ? check_dns_name(text) : check_uri(text);
}

bool has_control_byte(const client_names& names) noexcept {
    const auto has = [](const std::string& name) {
        return std::any_of(name.begin(), name.end(), is_control);
    };
    return std::any_of(names.uris.begin(), names.uris.end(), has) ||
           std::any_of(names.dns_names.begin(), names.dns_names.end(), has);
}

bool client_name_matches(std::string_view pattern, const client_names& names) noexcept {
    if (has_control_byte(names)) return false;
    const auto is_uri = pattern.find(':') != pattern.npos;
    const auto& shown = is_uri ? names.uris : names.dns_names;
    return std::any_of(shown.begin(), shown.end(), [&](const std::string& name) {
        return is_uri ? uri_matches(pattern, name) : core::iequals(pattern, name);
    });
}

}  // namespace gate::http
