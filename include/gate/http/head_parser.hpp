#pragma once
// Finds and parses the head of a message. Strict: what RFC 9112 lets a recipient forgive is refused, because the one
// behind us may forgive it differently.
//
// Our own rather than a subclass of beast::http::basic_parser: Beast accepts much that we must refuse (threats.md),
// so that a second parser would have to stand in front of it anyhow. tests/fuzz holds the two against each other:
// what we accept, Beast must read in the same way.

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

// Looks for the end of a head in a buffer that grows. Each byte is looked at once, whatever the pieces it comes in.
class head_finder {
public:
    explicit head_finder(const head_limits& limits) noexcept : limits_(limits) {}

    // The size of the head at the beginning of `buffer`, or 0 while its end has not arrived. `buffer` must begin
    // with what earlier calls have seen. Fails at once on a bare CR or LF, on a head over its limit, on a request
    // target over its limit, and on a first byte that cannot begin a message.
    core::result<std::size_t> find(std::string_view buffer);

    void reset() noexcept { scanned_ = line_ = 0; }

private:
    head_limits limits_;
    std::size_t scanned_ = 0;  // bytes looked at
    std::size_t line_ = 0;     // where the current line begins
};

// Field names that carry the identity to the upstream, folded (RFC 9110 5.1 and rule 1 of the trust rules).
class identity_names {
public:
    // The X-Gate-* family and `configured`.
    explicit identity_names(std::string_view configured = {});
    // True if a receiver that takes '-', '_', '.' and space for the same could read `name` as one of ours.
    bool matches(std::string_view name) const noexcept;

private:
    std::string folded_;
};

// Parses the complete head `text` (as found by head_finder) into `out`, whose memory is reused. Errors: see reason.
core::result<void> parse_request_head(std::string_view text, const head_limits& limits,
                                      const identity_names& identity, request_head& out);
core::result<void> parse_response_head(std::string_view text, const head_limits& limits, response_head& out);

// Case-insensitive comparison of ASCII (names, codings, options).
bool iequals(std::string_view a, std::string_view b) noexcept;

}  // namespace gate::http
