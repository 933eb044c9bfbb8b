#pragma once
// Finds and parses the head of a message. Strict: what RFC 9112 lets a recipient forgive is refused, because
// the upstream may tolerate it differently.
//
// Our own rather than a subclass of beast::http::basic_parser: Beast accepts much that we must refuse
// (threats.md), so that a second parser would have to stand in front of it anyhow. tests/fuzz holds the two
// against each other: what we accept, Beast must read in the same way.

#include <gate/core/reason.hpp>
#include <gate/http/head.hpp>

#include <string>
#include <vector>

namespace gate::http {

struct head_limits {
    std::size_t size;           // bytes of the head with its empty line -> head_too_large
    std::size_t fields;         // -> head_too_large
    std::size_t target_length;  // bytes -> target_too_long (requests)
};

// Looks for the end of a head in a buffer that grows. Each byte is looked at only one time, whatever the
// pieces it comes in.
class head_finder {
public:
    explicit head_finder(const head_limits& limits) noexcept : limits_(limits) {}

    // The size of the head at the beginning of `buffer`, or 0 while its end has not arrived. `buffer` must
    // begin with what earlier calls have seen. One empty line before the start line belongs to the head (RFC
    // 9112 2.2). Fails on a head over its limit. While the end has not arrived, fails immediately on what the
    // parser would refuse in the end: a bare CR or LF, a request target over its limit, a first byte that
    // cannot begin a message: bad_request_line, bad_field, head_too_large, target_too_long. For responses the
    // caller translates them.
    core::result<std::size_t> find(std::string_view buffer);

    void reset() noexcept {
        scanned_ = line_ = 0;
        first_line_ = true;
    }

private:
    bool can_begin(char c) const noexcept;

    head_limits limits_;
    std::size_t scanned_ = 0;  // bytes looked at
    std::size_t line_ = 0;     // where the current line begins
    bool first_line_ = true;   // no start line has ended yet
};

// Field names that carry the identity to the upstream, folded (RFC 9110 5.1 and rule 1 of the trust rules).
class identity_names {
public:
    // The X-Gate-* family and `configured`.
    explicit identity_names(std::string_view configured = {});
    // True if a receiver that takes '-', '_', '.' and space (or any other byte that is neither letter nor
    // digit) for the same could read `name` as one of ours. `name` must not be empty.
    bool matches(std::string_view name) const noexcept;

private:
    static constexpr std::string_view family = "x-gate-";

    std::string folded_;  // empty when the family covers it
};

// Parses the complete head `text` (as found by head_finder) into `out`, whose memory is reused. After an
// error `out` holds what was read before it. Errors: bad_request_line, bad_target, target_too_long,
// unsupported_version, bad_field, head_too_large. A name that folds to Content-Length or Transfer-Encoding
// without being it is bad_field.
core::result<void> parse_request_head(std::string_view text, const head_limits& limits,
                                      const identity_names& identity, request_head& out);

// As above. Error: upstream_bad_response.
core::result<void> parse_response_head(std::string_view text, const head_limits& limits, response_head& out);

// The value of Max-Forwards where a proxy has to heed it (RFC 9110 7.6.2): of OPTIONS, with one field that
// holds up to nine digits. -1: there is none.
int max_forwards(const request_head& head) noexcept;

}  // namespace gate::http
