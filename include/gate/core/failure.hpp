#pragma once
// What a client is told when its request fails: over HTTP, and over gRPC.

#include <cstdint>
#include <string_view>

namespace gate::core {

// The gRPC statuses that we send, with their numbers in the protocol.
enum class grpc_status : std::uint8_t {
    ok = 0,
    deadline_exceeded = 4,
    permission_denied = 7,
    resource_exhausted = 8,
    unimplemented = 12,
    internal = 13,
    unavailable = 14,
    unauthenticated = 16,
};

constexpr std::string_view to_string(grpc_status status) noexcept {
    switch (status) {
        case grpc_status::ok: return "OK";
        case grpc_status::deadline_exceeded: return "DEADLINE_EXCEEDED";
        case grpc_status::permission_denied: return "PERMISSION_DENIED";
        case grpc_status::resource_exhausted: return "RESOURCE_EXHAUSTED";
        case grpc_status::unimplemented: return "UNIMPLEMENTED";
        case grpc_status::internal: return "INTERNAL";
        case grpc_status::unavailable: return "UNAVAILABLE";
        case grpc_status::unauthenticated: return "UNAUTHENTICATED";
    }
    return "INTERNAL";
}

// What the log says when the client has gone; no client receives it.
inline constexpr unsigned unheard_status = 499;

// The rows of the table of reasons (reason_table.hpp) have one each.
struct failure {
    int status;                     // of HTTP; 0: the client has gone
    grpc_status grpc;               // without meaning where status is 0
    bool retryable = false;         // the same request may succeed later
    bool may_have_acted = false;    // the upstream, on this very request: see repeatable in http/reply.hpp
    bool grpc_pushback = false;     // grpc-retry-pushback-ms: the upstream has not seen the request
    int retry_after = 0;            // seconds, unless the cause knows better; 0: not said
    bool challenge = false;         // WWW-Authenticate: Bearer
    bool invalid_token = false;     // a token was given, and is not accepted
    bool closes = false;            // what follows on this connection cannot be trusted to be a request
    std::string_view field_name{};  // the field at fault
};

}  // namespace gate::core
