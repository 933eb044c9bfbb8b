#pragma once
// How long the body of a message is, and whether its connection can be used again (RFC 9112 6 and 9).

#include <gate/core/reason.hpp>
#include <gate/http/head.hpp>

namespace gate::http {

enum class body_kind : std::uint8_t { none, counted, chunked, until_close };

struct body_framing {
    body_kind kind = body_kind::none;
    std::uint64_t length = 0;  // of a counted body
    bool operator==(const body_framing&) const = default;
};

inline bool has_body(body_framing framing) noexcept {
    return framing.kind != body_kind::none && framing != body_framing{body_kind::counted, 0};
}

// Of a request. Errors: bad_framing, unsupported_coding.
core::result<body_framing> request_framing(const request_head& head);

// Of a final or interim response to a request with method `asked`. Error: upstream_bad_response.
core::result<body_framing> response_framing(const response_head& head, method asked);

// What the Connection fields of a message say (RFC 9110 7.6.1). Views into the head.
struct connection_options {
    bool close = false;
    bool keep_alive = false;
    bool upgrade = false;
    bool te = false;
    bool malformed = false;  // an option that is not a token
    std::vector<std::string_view>
        others;  // names of fields that the sender wants removed; kept for its memory
    void clear() noexcept;
};
template <class Head>
void read_connection_options(const Head& head, connection_options& out);

// Whether the sender keeps its connection open after this message (RFC 9112 9.3).
inline bool is_persistent(unsigned minor, const connection_options& options) noexcept {
    return !options.close && (minor >= 1 || options.keep_alive);
}

}  // namespace gate::http
