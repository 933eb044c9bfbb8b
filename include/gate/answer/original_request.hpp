#pragma once
// The request that another proxy holds, and asks about: read from the one place that answer.original names.
// There is no second place: what is missing there, doubled, of another form or malformed, is an error
// (CVE-2026-40575: a proxy that fell back on a field which the client had set).

#include <gate/config/config.hpp>
#include <gate/http/named_request.hpp>
#include <gate/http/request_facts.hpp>

#include <cstddef>
#include <string_view>

namespace gate::answer {

struct original_request {
    std::string_view method_name;
    http::method verb = http::method::other;
    http::request_target target;
    std::string_view host;  // empty: it is not said
};

struct original_limits {
    std::size_t target_length;  // limits.target_length
    bool needs_host = false;    // routes name hosts
};

// `asking`: the request of the proxy. `behind`: its target behind the endpoint's name (read_question).
// Precondition: `from` is not `none`. The views point into `asking`. Error: original_missing.
core::result<original_request> read_original(const http::request_facts& asking, std::string_view behind,
                                             config::original_source from, const original_limits& limits);

}  // namespace gate::answer
