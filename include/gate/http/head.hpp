#pragma once
// The head of an HTTP/1.x message (RFC 9112), parsed in place: every view points into the buffer that the
// head was read into, and lives as long as that buffer stays where it is.

#include <gate/core/result.hpp>

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace gate::http {

// The fields that the proxy looks at; all others pass through untouched.
enum class field_id : std::uint8_t {
    other,
    host,
    connection,
    content_length,
    transfer_encoding,
    te,
    trailer,
    upgrade,
    keep_alive,
    proxy_connection,
    proxy_authenticate,
    proxy_authorization,
    http2_settings,
    authorization,
    expect,
    user_agent,
    x_request_id,
    x_forwarded_for,
    x_forwarded_proto,
    x_forwarded_host,
    x_forwarded_other,  // any other X-Forwarded-*
    forwarded,
    x_real_ip,
    identity,  // ours alone: the X-Gate-* family and the configured name, in any spelling
    traceparent,
    www_authenticate,
    date,
    max_forwards,
    tracestate,
    rerouting,         // X-Original-URL and others that move a request to another path or method
    rerouting_passed,  // one of those that the configuration lets pass
    client_ip,         // True-Client-IP and others: what other proxies call the client's address
};

struct field {
    std::string_view name;
    std::string_view value;  // without the white space around it
    std::string_view line;   // the whole line with its CRLF, as received
    field_id id = field_id::other;
};

enum class method : std::uint8_t { get, head, post, put, delete_, patch, options, connect, trace, other };

// RFC 9110 9.2.2: whether it may be repeated without a further effect. No method that we do not know.
bool is_idempotent(method verb) noexcept;

struct request_head {
    std::string_view method_name;
    std::string_view target;
    method verb = method::other;
    unsigned minor = 1;         // HTTP/1.minor
    std::vector<field> fields;  // kept between requests for its memory
    std::size_t size = 0;       // bytes up to and including the empty line
    std::uint32_t present = 0;  // bit i: a field with field_id i is there

    bool has(field_id id) const noexcept { return (present >> static_cast<unsigned>(id)) & 1U; }
    // The first field with this id, or nullptr.
    const field* find(field_id id) const noexcept;
    std::size_t count(field_id id) const noexcept;
};

struct response_head {
    int status = 0;  // 100..999
    std::string_view phrase;
    unsigned minor = 1;
    std::vector<field> fields;
    std::size_t size = 0;
    std::uint32_t present = 0;

    bool has(field_id id) const noexcept { return (present >> static_cast<unsigned>(id)) & 1U; }
    const field* find(field_id id) const noexcept;
    std::size_t count(field_id id) const noexcept;
};

}  // namespace gate::http
