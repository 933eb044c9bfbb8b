#pragma once
// What the paths of a route look like: "/healthz" that path alone; a "*" in the place of a segment any one
// that is not empty; "/**" at the end that path and everything below it. Case-sensitive, on the raw bytes of
// the path. "/**" alone matches every target, "*" of OPTIONS too.

#include <string>
#include <string_view>
#include <vector>

namespace gate::http {

// The problem as a sentence without the pattern, or "" when it is acceptable. Besides the rules above: a path
// of RFC 3986 3.3, of at most 1024 bytes, without pieces that servers read differently
// (find_ambiguous_piece), because such a pattern would never match what it is meant for.
std::string check_path_pattern(std::string_view text);

class path_pattern {
public:
    // One path segment as it is written, or any one.
    struct segment {
        std::string text;  // empty if is_any
        bool is_any = false;
        bool operator==(const segment&) const = default;
    };

    // Precondition: check_path_pattern has no objection.
    explicit path_pattern(std::string_view text);

    // Of a path without its query. Takes time in proportion to the path: for messages, and for rare cases.
    bool matches(std::string_view path) const noexcept;

    // What compares greater, byte by byte, is the more specific one of two patterns that match the same path:
    // from the left, a literal segment before "*" before "/**". Equal: it is the same pattern.
    const std::string& rank() const noexcept { return rank_; }

    // The same pattern in plain form (append_plain_form).
    path_pattern plain_form() const;
    // In lower case, without a slash at the end; escapes stay.
    path_pattern lower_form() const;
    bool is_plain() const { return plain_form() == *this; }

    const std::string& text() const noexcept { return text_; }
    const std::vector<segment>& segments() const noexcept { return segments_; }
    bool matches_below() const noexcept { return matches_below_; }  // ends in "/**"

    bool operator==(const path_pattern& other) const noexcept {
        return segments_ == other.segments_ && matches_below_ == other.matches_below_;
    }

private:
    path_pattern() = default;
    template <class Append>
    path_pattern changed(Append append) const;
    void set_rank();

    std::string text_;
    std::vector<segment> segments_;
    bool matches_below_ = false;
    std::string rank_;
};

// Whether some path matches both.
bool can_match_same_path(const path_pattern& a, const path_pattern& b) noexcept;

}  // namespace gate::http
