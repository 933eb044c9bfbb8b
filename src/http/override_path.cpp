#include "chars.hpp"

#include <gate/http/override_path.hpp>

#include <algorithm>

namespace gate::http {
namespace {

bool is_scheme_char(char c) noexcept {
    const char lower = to_lower(c);
    return (lower >= 'a' && lower <= 'z') || is_digit(c) || c == '+' || c == '-' || c == '.';
}

// The size of "scheme:" at the beginning, or 0 (RFC 3986 3.1).
std::size_t scheme_size(std::string_view reference) noexcept {
    const auto end = std::find_if_not(reference.begin(), reference.end(), is_scheme_char);
    const auto size = static_cast<std::size_t>(end - reference.begin());
    const bool has_scheme = size != 0 && !is_digit(reference[0]) && size < reference.size() && *end == ':';
    return has_scheme ? size + 1 : 0;
}

}  // namespace

void append_override_path(std::string_view reference, std::string& out) {
    reference = reference.substr(0, reference.find_first_of("?#"));
    const auto scheme = scheme_size(reference);
    if (scheme == 0) {
        if (!reference.starts_with('/')) out += '/';
        out.append(reference);
        return;
    }
    reference.remove_prefix(scheme);
    const auto slashes = std::min(reference.find_first_not_of("/\\"), reference.size());
    const auto path = reference.find_first_of("/\\", slashes);
    if (slashes != 2) {
        out.append("//").append(reference.substr(slashes));
    } else if (path == reference.npos) {
        out += '/';
    } else {
        if (reference[path] != '/') out += '/';
        out.append(reference.substr(path));
    }
}

}  // namespace gate::http
