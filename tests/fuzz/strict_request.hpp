#pragma once
// An independent reader of request heads, written for clarity from RFC 9112 and sharing no code with ours:
// what an exact upstream makes of the bytes that we send it.

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace gate::fuzz {

struct strict_request {
    std::string method;
    std::string target;
    std::vector<std::pair<std::string, std::string>> fields;  // lower-case name, trimmed value
    std::string framing;                                      // "", "chunked", or the digits of the length
    std::size_t size = 0;
};

namespace strict {

inline std::string lower(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
    return text;
}

inline bool is_token(const std::string& text) {
    return !text.empty() && lower(text).find_first_not_of(
                                "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz") == std::string::npos;
}

inline std::string trim(const std::string& text) {
    const auto begin = text.find_first_not_of(" \t");
    if (begin == std::string::npos) return {};
    return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

inline bool has_control(const std::string& text) {
    return std::any_of(text.begin(), text.end(), [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return (byte < 0x20 && byte != '\t') || byte == 0x7f;
    });
}

inline bool read_request_line(const std::string& line, strict_request& out) {
    const auto first = line.find(' ');
    const auto second = line.find(' ', first + 1);
    if (first == std::string::npos || second == std::string::npos) return false;
    out.method = line.substr(0, first);
    out.target = line.substr(first + 1, second - first - 1);
    return is_token(out.method) && !out.target.empty() && line.substr(second) == " HTTP/1.1";
}

inline bool read_framing(strict_request& out) {
    int framings = 0;
    for (const auto& [name, value] : out.fields) {
        if (name == "transfer-encoding" && value != "chunked") return false;
        if (name == "content-length" && value.find_first_not_of("0123456789") != std::string::npos)
            return false;
        if (name != "transfer-encoding" && name != "content-length") continue;
        if (value.empty()) return false;
        out.framing = value;
        ++framings;
    }
    return framings <= 1;
}

}  // namespace strict

inline std::optional<strict_request> read_strictly(const std::string& text) {
    strict_request out;
    std::vector<std::string> lines;
    std::size_t at = 0;
    for (;;) {
        const auto end = text.find("\r\n", at);
        if (end == std::string::npos) return std::nullopt;
        const std::string line = text.substr(at, end - at);
        at = end + 2;
        if (line.empty()) break;
        if (strict::has_control(line)) return std::nullopt;
        lines.push_back(line);
    }
    out.size = at;
    if (lines.empty() || !strict::read_request_line(lines.front(), out)) return std::nullopt;
    for (std::size_t i = 1; i < lines.size(); ++i) {
        const auto colon = lines[i].find(':');
        if (colon == std::string::npos || !strict::is_token(lines[i].substr(0, colon))) return std::nullopt;
        out.fields.emplace_back(strict::lower(lines[i].substr(0, colon)),
                                strict::trim(lines[i].substr(colon + 1)));
    }
    if (!strict::read_framing(out)) return std::nullopt;
    return out;
}

}  // namespace gate::fuzz
