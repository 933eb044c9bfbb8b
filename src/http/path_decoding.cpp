// Of the steps in path_steps.hpp those that read characters out of what stands for them.

#include "chars.hpp"
#include "letter_case.hpp"
#include "path_steps.hpp"
#include "utf8.hpp"

#include <algorithm>

namespace gate::http {
namespace {

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
    if (!holds(path, '%')) return false;
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
    if (!holds(path, '\xef')) return false;
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

}  // namespace gate::http
