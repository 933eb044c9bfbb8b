#include "path_steps.hpp"

#include "chars.hpp"
#include "utf8.hpp"

#include <algorithm>
#include <iterator>

namespace gate::http {
namespace {

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
    if (!holds(path, '\\')) return false;
    out.assign(path);
    std::replace(out.begin(), out.end(), '\\', '/');
    return true;
}

bool cut_parameters(std::string_view path, std::string& out) {
    return holds(path, ';') &&
           change_segments(
               path, [](std::string_view segment) { return segment.substr(0, segment.find(';')); }, out);
}

bool drop_tabs_and_newlines(std::string_view path, std::string& out) {
    constexpr std::string_view dropped = "\t\n\r";
    if (path.find_first_of(dropped) == std::string_view::npos) return false;
    out.clear();
    std::ranges::copy_if(path, std::back_inserter(out),
                         [&](char c) { return dropped.find(c) == std::string_view::npos; });
    return true;
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
    return holds(path, '.') && drop_at_ends(
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
    return holds(path, ' ') && drop_at_ends(
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
