#pragma once
// Finds the head at the beginning of an input, whole and in pieces, and holds the two against each other.

#include "check.hpp"

#include <gate/http/head_parser.hpp>

#include <optional>
#include <type_traits>

namespace gate::fuzz {

inline constexpr http::head_limits limits{1024, 20, 200};

// What was wrong with a head that came in pieces, its parser finds too when it comes whole.
inline bool accepts(std::string_view head, const http::request_head*) {
    static const http::identity_names identity("X-Account");
    http::request_head parsed;
    return static_cast<bool>(http::parse_request_head(head, limits, identity, parsed));
}
inline bool accepts(std::string_view head, const http::response_head*) {
    http::response_head parsed;
    return static_cast<bool>(http::parse_response_head(head, limits, parsed));
}

template <class Head>
std::optional<std::string_view> find_head(std::string_view text) {
    http::head_finder whole(limits);
    const auto at_once = whole.find(text);

    http::head_finder pieces(limits);
    auto piecewise = pieces.find({});
    for (std::size_t size = 1; size <= text.size() && piecewise && *piecewise == 0; ++size)
        piecewise = pieces.find(text.substr(0, size));
    if (at_once && *at_once != 0 && !piecewise) {
        const bool refused = !accepts(text.substr(0, *at_once), static_cast<const Head*>(nullptr));
        // A status line has no target: only how long it may be is checked as it comes.
        const bool is_long_status_line =
            std::is_same_v<Head, http::response_head> && piecewise.error() == core::reason::target_too_long;
        check(refused || is_long_status_line, "what is refused in pieces is refused");
        return std::nullopt;
    }
    check(at_once == piecewise, "a head is the same in whatever pieces it comes");

    if (!at_once || *at_once == 0) return std::nullopt;
    check(*at_once <= limits.size && text.substr(0, *at_once).ends_with("\r\n\r\n"),
          "a head ends with an empty line");
    return text.substr(0, *at_once);
}

// The lines of a parsed head follow each other without a gap, up to its end.
template <class Head>
void check_lines(const Head& head, std::string_view text) {
    const char* expected =
        head.fields.empty() ? text.data() + text.size() - 2 : head.fields.front().line.data();
    std::uint32_t present = 0;
    for (const http::field& f : head.fields) {
        check(f.line.data() == expected, "lines are neighbours");
        check(f.line.starts_with(f.name) && f.line.ends_with("\r\n"), "a line holds its name");
        check(f.line.find(f.value) != std::string_view::npos, "a line holds its value");
        present |= 1U << static_cast<unsigned>(f.id);
        expected += f.line.size();
    }
    check(expected == text.data() + text.size() - 2, "the empty line follows the last field");
    check(present == head.present, "present says which fields there are");
}

}  // namespace gate::fuzz
