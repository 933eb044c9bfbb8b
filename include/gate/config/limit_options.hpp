#pragma once
// What one client, or all, may take of this process. Each option states its meaning, its range and what zero
// means; the initialiser is its default.

#include <gate/core/clock.hpp>

#include <cstddef>

namespace gate::config {

using core::duration;
using namespace std::chrono_literals;

struct limit_options {
    std::size_t head_size = 16 * 1024;     // bytes of a request or response head; 1KiB..64KiB
    std::size_t fields = 100;              // header fields in a head; 1..1000
    std::size_t target_length = 8 * 1024;  // bytes of a request target; 64..64KiB
    std::size_t chunk_extension = 256;     // bytes of the extensions of one chunk; 0..4KiB
    std::size_t trailer_size = 8 * 1024;   // bytes of a trailer section; 0..64KiB
    std::size_t drain = 64 * 1024;  // bytes of an unread body, discarded to keep a connection open; 0..16MiB
    duration header_timeout = 10s;  // from the first byte of a head to its last; 10ms..10m
    // Longest time without progress while a request body is received, or while the receiver of a body takes
    // no byte; 0..1h; 0: no limit.
    duration body_timeout = 30s;
    // Lowest average rate, in bytes per second, at which a client may send a request body or take a response.
    // Only time spent waiting for the client counts. Enforced after body_timeout of such waiting (after 30s
    // if body_timeout is 0); 0..1GiB/s; 0: no limit. WebSockets, event streams and gRPC responses are exempt.
    std::size_t body_rate = 500;
    // Longest time without a byte from the upstream within a response, or without a byte in either direction
    // of a tunnel; 0..24h; 0: no limit.
    duration stream_idle_timeout = 5min;
    duration websocket_lifetime = 24h;         // of an upgraded connection; 0..168h; 0: no limit
    duration keep_alive_timeout = 75s;         // between two requests; 0..1h; 0: no keep-alive
    std::size_t requests_per_connection = 0;   // 0..1'000'000'000; 0: no limit
    std::size_t connections = 10'000;          // from clients, over all workers; 1..1'000'000
    std::size_t connections_per_client = 0;    // from one address; 0..1'000'000; 0: no limit
    std::size_t upstream_connections = 1'000;  // over all workers; 1..1'000'000
    // Percentage of upstream_connections that one account (or one client address without an account) may hold
    // while less than an eighth of them are free; 1%..100%; 100%: no limit.
    std::size_t upstream_share = 50;
    std::size_t accounts = 100'000;  // accounts and addresses counted separately; 1..10'000'000
    duration upstream_wait = 1s;     // longest wait for a free upstream connection; 0..60s; 0: no waiting
    std::size_t verifications = 64;  // simultaneous calls to Gate; 1..10'000
    std::size_t verification_waiters = 10'000;  // requests that wait for a verification; 1..1'000'000
    std::size_t verification_queue = 256;       // tokens that wait until a call may start; 0..100'000
    // Refused tokens from one address after which its tokens that Gate has not accepted recently are refused
    // without asking Gate; 0..1'000'000; 0: no limit.
    std::size_t failed_tokens = 30;
    duration failed_tokens_window = 60s;   // in which failed_tokens are counted; 1s..1h
    std::size_t failing_clients = 10'000;  // addresses for which they are counted; 1..1'000'000
    bool operator==(const limit_options&) const = default;
};

}  // namespace gate::config
