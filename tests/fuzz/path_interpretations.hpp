#pragma once
// How servers read a path, each written down from what that server does, and none from the product's code.

#include <algorithm>
#include <string>
#include <vector>

namespace gate::fuzz::paths {

inline int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

// %XX decoded once, but what `keeps` holds.
inline std::string unescape(const std::string& path, const std::string& keeps = "") {
    std::string out;
    for (std::size_t i = 0; i < path.size(); ++i) {
        const int high = path[i] == '%' && i + 2 < path.size() ? hex_digit(path[i + 1]) : -1;
        const int low = high < 0 ? -1 : hex_digit(path[i + 2]);
        const char c = static_cast<char>(high * 16 + low);
        if (low < 0 || keeps.find(c) != std::string::npos) {
            out += path[i];
        } else {
            out += c;
            i += 2;
        }
    }
    return out;
}

inline std::vector<std::string> segments_of(const std::string& path) {
    std::vector<std::string> out;
    for (const char c : path) {
        if (c == '/') {
            out.emplace_back();
        } else {
            if (out.empty()) out.emplace_back();
            out.back() += c;
        }
    }
    return out;
}

// `is_single`, `is_double`: what counts as a dot segment.
template <class Single, class Double>
std::string without_dots(const std::string& path, Single is_single, Double is_double) {
    std::vector<std::string> kept;
    const auto all = segments_of(path);
    for (std::size_t i = 0; i < all.size(); ++i) {
        const bool is_up = is_double(all[i]);
        if (is_up && !kept.empty()) kept.pop_back();
        if (!is_up && !is_single(all[i])) {
            kept.push_back(all[i]);
        } else if (i + 1 == all.size()) {
            kept.emplace_back();
        }
    }
    std::string out;
    for (const auto& each : kept) out += "/" + each;
    return out.empty() ? "/" : out;
}

inline std::string resolve_dots(const std::string& path) {
    return without_dots(
        path, [](const std::string& s) { return s == "."; }, [](const std::string& s) { return s == ".."; });
}

inline std::string merge(const std::string& path) {
    std::string out;
    for (const char c : path) {
        if (c != '/' || out.empty() || out.back() != '/') out += c;
    }
    return out;
}

inline std::string cut_parameters(const std::string& path) {
    std::string out;
    bool is_cut = false;
    for (const char c : path) {
        if (c == '/') is_cut = false;
        if (c == ';') is_cut = true;
        if (!is_cut) out += c;
    }
    return out;
}

inline std::string backslashes(std::string path) {
    for (char& c : path) {
        if (c == '\\') c = '/';
    }
    return path;
}

inline std::string ascii_lower(std::string path) {
    for (char& c : path) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    }
    return path;
}

inline std::string replace_all(std::string path, const std::string& what, const std::string& by) {
    for (auto at = path.find(what); at != path.npos; at = path.find(what, at + by.size()))
        path.replace(at, what.size(), by);
    return path;
}

// As regular expressions compare that ignore case: the long s, the Kelvin sign.
inline std::string fold_letters(const std::string& path) {
    return ascii_lower(replace_all(replace_all(path, "\xc5\xbf", "s"), "\xe2\x84\xaa", "k"));
}

// As Python's str.strip() and JavaScript's trim() leave the end of a path.
inline std::string trim_end(std::string path) {
    const std::string no_break_space = "\xc2\xa0";
    while (path.size() > 3 && path.substr(path.size() - 2) == no_break_space) path.resize(path.size() - 2);
    return path;
}

// As Windows drops them from names.
inline std::string drop_dots_and_blanks(const std::string& path) {
    std::string out;
    for (auto each : segments_of(path)) {
        while (!each.empty() && each != "." && each != ".." && (each.back() == '.' || each.back() == ' '))
            each.pop_back();
        out += "/" + each;
    }
    return out.empty() ? "/" : out;
}

// new URL(path, "http://base").pathname of Node (WHATWG URL, special scheme).
inline std::string node_url(const std::string& raw) {
    std::string path = backslashes(raw.substr(0, raw.find_first_of("?#")));
    if (path.substr(0, 2) == "//") {
        const auto name = path.find_first_not_of('/');
        const auto rest = name == path.npos ? path.npos : path.find('/', name);
        path = rest == path.npos ? "/" : path.substr(rest);
    }
    const auto dotted = [](std::string s) {
        for (auto at = s.find("%2e"); at != s.npos; at = s.find("%2e")) s.replace(at, 3, ".");
        for (auto at = s.find("%2E"); at != s.npos; at = s.find("%2E")) s.replace(at, 3, ".");
        return s;
    };
    return without_dots(
        path, [dotted](const std::string& s) { return dotted(s) == "."; },
        [dotted](const std::string& s) { return dotted(s) == ".."; });
}

// What both of them do first, which matters to what has been decoded before.
inline std::string without_tabs_and_newlines(std::string path) {
    path.erase(
        std::remove_if(path.begin(), path.end(), [](char c) { return c == '\t' || c == '\n' || c == '\r'; }),
        path.end());
    return path;
}

// urlsplit(path).path of Python.
inline std::string python_urlsplit(const std::string& raw) {
    std::string path = raw;
    if (path.substr(0, 2) == "//") {
        const auto end = path.find_first_of("/?#", 2);
        path = end == path.npos ? "" : path.substr(end);
    }
    path = path.substr(0, path.find_first_of("?#"));
    return path.empty() ? "/" : path;
}

// Every interpretation, and each followed by what a server does next: nothing, decoding, dots, lower case.
inline std::vector<std::string> interpretations(const std::string& raw) {
    const auto once = unescape(raw);
    const auto twice = unescape(once);
    const auto but_slashes = unescape(raw, "/\\");
    std::vector<std::string> out{raw, once, twice, but_slashes};
    const auto joined = without_tabs_and_newlines(once);
    for (const auto& path : {raw, once, twice, but_slashes, node_url(raw), python_urlsplit(raw),
                             node_url(joined), python_urlsplit(joined)}) {
        for (const auto& next :
             {path, resolve_dots(path), unescape(resolve_dots(path)), unescape(path), merge(path),
              resolve_dots(merge(path)), merge(resolve_dots(path)), cut_parameters(path),
              resolve_dots(cut_parameters(path)), backslashes(path), resolve_dots(backslashes(path)),
              drop_dots_and_blanks(path), resolve_dots(drop_dots_and_blanks(path))}) {
            out.push_back(next);
            out.push_back(ascii_lower(next));
            out.push_back(fold_letters(next));
            out.push_back(trim_end(next));
        }
    }
    std::sort(out.begin(), out.end());
    out.erase(std::unique(out.begin(), out.end()), out.end());
    return out;
}

}  // namespace gate::fuzz::paths
