#include "path_steps.hpp"

#include "chars.hpp"
#include "letter_case.hpp"
#include "utf8.hpp"

#include <algorithm>

namespace gate::http {
namespace {

bool has(std::string_view path, char c) noexcept {
    return path.find(c) != std::string_view::npos;
}

bool is_slash(std::uint32_t code) noexcept {
    return code == '/' || code == '\\';
}

// So many hexadecimal digits from `at`, or -1.
int read_hex(std::string_view text, std::size_t at, std::size_t digits) noexcept {
    if (at + digits > text.size()) return -1;
    unsigned value = 0;
    for (const char c : text.substr(at, digits)) {
        const unsigned digit = hex_value(c);
        if (digit > 15) return -1;
        value = value * 16 + digit;
    }
    return static_cast<int>(value);
}

struct escapes {
    bool wide;     // %uXXXX too
    bool slashes;  // those of '/' and '\' too
};

// Appends to `out`.
void decode_escapes(std::string_view path, escapes which, std::string& out) {
    for (std::size_t i = 0; i < path.size();) {
        const bool is_wide = which.wide && i + 1 < path.size() && to_lower(path[i + 1]) == 'u';
        const std::size_t size = is_wide ? 6 : 3;
        const int code = path[i] != '%' ? -1 : is_wide ? read_hex(path, i + 2, 4) : read_hex(path, i + 1, 2);
        if (code < 0 || (!which.slashes && is_slash(static_cast<std::uint32_t>(code)))) {
            out += path[i++];
            continue;
        }
        if (is_wide) {
            append_utf8(static_cast<std::uint32_t>(code), out);
        } else {
            out += static_cast<char>(code);
        }
        i += size;
    }
}

// Replaces sequences that `replacement` has another text for. It returns a code, or the given one.
template <class Replacement>
void replace_characters(std::string_view path, Replacement replacement, std::string& out) {
    while (!path.empty()) {
        std::size_t size = 1;
        if (static_cast<unsigned char>(path.front()) >= 0x80) {
            const auto found = read_utf8(path);
            if (found.size != 0) {
                const auto [replaces, code] = replacement(found);
                if (replaces) {
                    append_utf8(code, out);
                    path.remove_prefix(found.size);
                    continue;
                }
                size = found.size;
            }
        }
        out.append(path.substr(0, size));
        path.remove_prefix(size);
    }
}

struct replaced {
    bool replaces;
    std::uint32_t code;
};

bool is_ascii(std::string_view text) noexcept {
    return std::none_of(text.begin(), text.end(),
                        [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
}

// `made` becomes `out` in lower case.
bool finish(std::string_view path, const std::string& made, std::string& out) {
    out.clear();
    append_lower(made, out);
    return out != path;
}

bool decode_once(std::string_view path, escapes which, std::string& out) {
    if (!has(path, '%')) return false;
    out.clear();
    decode_escapes(path, which, out);
    if (is_ascii(out)) {
        std::transform(out.begin(), out.end(), out.begin(), [](char c) { return to_lower(c); });
        return out != path;
    }
    const std::string made(out);
    return finish(path, made, out);
}

bool shorten(std::string_view path, bool slashes_too, std::string& out) {
    if (is_ascii(path)) return false;
    std::string made;
    replace_characters(
        path,
        [slashes_too](const utf8_character& c) {
            return replaced{c.is_overlong && (slashes_too || !is_slash(c.code)), c.code};
        },
        made);
    return finish(path, made, out);
}

bool cut_at(std::string_view path, char c, std::string& out) {
    const auto at = path.find(c);
    if (at == std::string_view::npos) return false;
    out.assign(path.substr(0, at));
    return true;
}

// Of each segment what `kept` says.
template <class Kept>
bool change_segments(std::string_view path, Kept kept, std::string& out) {
    out.clear();
    for (std::size_t begin = 1; begin <= path.size();) {
        const auto end = std::min(path.find('/', begin), path.size());
        out += '/';
        out.append(kept(path.substr(begin, end - begin)));
        begin = end + 1;
    }
    return out != path;
}

bool is_ascii_blank(char c) noexcept {
    return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f;
}

// False: no blank begins with it.
bool may_begin_blank(char c) noexcept {
    return is_ascii_blank(c) || static_cast<unsigned char>(c) >= 0x80;
}

// The size of the blank at the end, or 0: ASCII, UTF-8, or a byte that is none but a blank of Latin-1.
std::size_t blank_size_at_end(std::string_view segment) noexcept {
    if (is_ascii_blank(segment.back())) return 1;
    for (std::size_t size = 2; size <= 6 && size <= segment.size(); ++size) {
        const auto found = read_utf8(segment.substr(segment.size() - size));
        if (found.size == size) return is_unicode_blank(found.code) ? size : 0;
    }
    return segment.back() == '\x85' || segment.back() == '\xa0' ? 1 : 0;
}

// `size_at_end`: how much of the end of a segment goes, 0: nothing more.
template <class SizeAtEnd>
bool drop_at_ends(std::string_view path, SizeAtEnd size_at_end, std::string& out) {
    return change_segments(
        path,
        [size_at_end](std::string_view segment) {
            if (segment == "." || segment == "..") return segment;
            while (!segment.empty()) {
                const std::size_t size = size_at_end(segment);
                if (size == 0) break;
                segment.remove_suffix(size);
            }
            return segment;
        },
        out);
}

}  // namespace

bool decode(std::string_view path, std::string& out) {
    return decode_once(path, {true, true}, out);
}

bool decode_but_slashes(std::string_view path, std::string& out) {
    return decode_once(path, {true, false}, out);
}

bool decode_bytes(std::string_view path, std::string& out) {
    return decode_once(path, {false, true}, out);
}

bool decode_bytes_but_slashes(std::string_view path, std::string& out) {
    return decode_once(path, {false, false}, out);
}

bool shorten_overlong(std::string_view path, std::string& out) {
    return shorten(path, true, out);
}

bool shorten_overlong_but_slashes(std::string_view path, std::string& out) {
    return shorten(path, false, out);
}

bool narrow_full_width(std::string_view path, std::string& out) {
    if (!has(path, '\xef')) return false;
    std::string narrow;
    replace_characters(
        path,
        [](const utf8_character& c) {
            const char ascii = ascii_of_full_width(c.code);
            return replaced{ascii != '\0', static_cast<unsigned char>(ascii)};
        },
        narrow);
    return finish(path, narrow, out);
}

bool remove_dot_segments(std::string_view path, std::string& out) {
    if (path.find("/.") == std::string_view::npos) return false;
    out.clear();
    for (std::size_t begin = 1; begin <= path.size();) {
        const auto end = std::min(path.find('/', begin), path.size());
        const auto segment = path.substr(begin, end - begin);
        const bool is_up = segment == "..";
        if (is_up) out.resize(out.empty() ? 0 : out.rfind('/'));
        if (!is_up && segment != ".") {
            out += '/';
            out.append(segment);
        } else if (end == path.size()) {
            out += '/';
        }
        begin = end + 1;
    }
    return out != path;
}

bool merge_slashes(std::string_view path, std::string& out) {
    if (path.find("//") == std::string_view::npos) return false;
    out.clear();
    std::unique_copy(path.begin(), path.end(), std::back_inserter(out),
                     [](char a, char b) { return a == '/' && b == '/'; });
    return true;
}

bool turn_backslashes(std::string_view path, std::string& out) {
    if (!has(path, '\\')) return false;
    out.assign(path);
    std::replace(out.begin(), out.end(), '\\', '/');
    return true;
}

bool cut_parameters(std::string_view path, std::string& out) {
    return has(path, ';') &&
           change_segments(
               path, [](std::string_view segment) { return segment.substr(0, segment.find(';')); }, out);
}

bool cut_at_nul(std::string_view path, std::string& out) {
    return cut_at(path, '\0', out);
}

bool cut_at_query(std::string_view path, std::string& out) {
    return cut_at(path, '?', out);
}

bool cut_at_fragment(std::string_view path, std::string& out) {
    return cut_at(path, '#', out);
}

bool drop_end_slashes(std::string_view path, std::string& out) {
    if (path.size() < 2 || path.back() != '/') return false;
    const auto last = path.find_last_not_of('/');
    out.assign(path.substr(0, last == std::string_view::npos ? 1 : last + 1));
    return true;
}

bool drop_end_dots(std::string_view path, std::string& out) {
    return has(path, '.') && drop_at_ends(
                                 path, [](std::string_view s) { return s.back() == '.' ? 1U : 0U; }, out);
}

bool shorten_dots(std::string_view path, std::string& out) {
    if (path.find("/...") == std::string_view::npos) return false;
    return change_segments(
        path,
        [](std::string_view segment) {
            const bool is_dots = segment.size() > 2 && segment.find_first_not_of('.') == segment.npos;
            return is_dots ? segment.substr(0, 2) : segment;
        },
        out);
}

bool drop_end_blanks(std::string_view path, std::string& out) {
    return std::any_of(path.begin(), path.end(), may_begin_blank) &&
           drop_at_ends(path, blank_size_at_end, out);
}

bool drop_end_spaces(std::string_view path, std::string& out) {
    return has(path, ' ') && drop_at_ends(
                                 path, [](std::string_view s) { return s.back() == ' ' ? 1U : 0U; }, out);
}

bool drop_end_dots_and_blanks(std::string_view path, std::string& out) {
    const auto may_begin = [](char c) { return c == '.' || may_begin_blank(c); };
    const auto size_at_end = [](std::string_view s) {
        return s.back() == '.' ? std::size_t{1} : blank_size_at_end(s);
    };
    return std::any_of(path.begin(), path.end(), may_begin) && drop_at_ends(path, size_at_end, out);
}

std::size_t leading_slashes(std::string_view path) noexcept {
    return std::min(path.find_first_not_of('/'), path.size());
}

void drop_authority(std::string_view path, std::size_t slashes, std::string& out) {
    const auto rest = path.find('/', slashes);
    out.assign(rest == std::string_view::npos ? std::string_view("/") : path.substr(rest));
}

}  // namespace gate::http
