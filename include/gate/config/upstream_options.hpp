#pragma once
// Where requests go. Each option states its meaning, its range and what zero means; the initialiser is its
// default.

#include <gate/config/tls_options.hpp>
#include <gate/config/values.hpp>
#include <gate/core/clock.hpp>

#include <string>

namespace gate::config {

using core::duration;
using namespace std::chrono_literals;

struct upstream_options {
    url target{false, "127.0.0.1", 3000, ""};  // `url`: the protected API; http(s) without path, or unix:
    bool forward_token = false;                // keep the verified token in the request
    duration connect_timeout = 2s;             // 1ms..60s
    duration response_timeout = 60s;           // for the response head; 0..1h; 0: no limit
    duration idle_timeout = 4s;  // an unused connection is closed after this; 0..1h; 0: no reuse
    upstream_tls_options tls{};
    bool operator==(const upstream_options&) const = default;
};

// A further upstream that routes name.
struct named_upstream {
    std::string name{};  // letters, digits, '-' and '_'; at most 64
    upstream_options options{};
    source_line at{};
    bool operator==(const named_upstream&) const = default;
};

}  // namespace gate::config
