#include <gate/http/reply.hpp>
#include <gate/proxy/failure_reply.hpp>

#include <catch.hpp>
#include <string>

using gate::core::reason;
using gate::proxy::failure_of;

namespace {

int status_of(reason why) {
    return failure_of(why).status;
}

}  // namespace

TEST_CASE("rule 14: 401 only when Gate said no, or the token is missing or malformed") {
    for (std::size_t i = 0; i < gate::core::reason_count; ++i) {
        const auto why = static_cast<reason>(i);
        INFO(to_string(why));
        const bool callers_token = why == reason::token_missing || why == reason::token_malformed ||
                                   why == reason::token_invalid || why == reason::token_revoked ||
                                   why == reason::token_rejected;
        CHECK((status_of(why) == 401) == callers_token);
        CHECK(failure_of(why).challenge == callers_token);
    }
}

TEST_CASE("rule 14: whatever keeps Gate from being asked is 503 with Retry-After") {
    for (const auto why :
         {reason::gate_unreachable, reason::gate_timeout, reason::gate_rate_limited, reason::gate_failing,
          reason::gate_bad_answer, reason::gate_key_refused, reason::gate_form_refused, reason::gate_busy}) {
        INFO(to_string(why));
        CHECK(status_of(why) == 503);
        CHECK(failure_of(why).retry_after > 0);
    }
}

TEST_CASE("every reason that refuses has a status with a phrase") {
    for (std::size_t i = 0; i < gate::core::reason_count; ++i) {
        const auto why = static_cast<reason>(i);
        INFO(to_string(why));
        if (why == reason::client_gone || why == reason::client_too_slow) continue;
        CHECK_FALSE(gate::http::status_phrase(status_of(why)).empty());
    }
}

TEST_CASE("a connection whose next bytes cannot be trusted to be a request is closed") {
    for (const auto why :
         {reason::bad_request_line, reason::bad_field, reason::bad_framing, reason::bad_chunk,
          reason::bad_host, reason::unsupported_coding, reason::head_too_large}) {
        INFO(to_string(why));
        CHECK(failure_of(why).closes);
    }
    CHECK_FALSE(failure_of(reason::token_invalid).closes);
    CHECK_FALSE(failure_of(reason::upstream_refused).closes);
}

TEST_CASE("the statuses that clients know") {
    const std::pair<reason, int> cases[] = {
        {reason::bad_framing, 400},         {reason::method_refused, 405},
        {reason::head_timeout, 408},        {reason::target_too_long, 414},
        {reason::body_too_slow, 408},       {reason::upstream_share_exceeded, 503},
        {reason::bad_expectation, 417},     {reason::token_throttled, 429},
        {reason::head_too_large, 431},      {reason::unsupported_coding, 501},
        {reason::upstream_refused, 502},    {reason::upstream_busy, 503},
        {reason::upstream_timeout, 504},    {reason::upstream_bad_response, 502},
        {reason::unsupported_version, 505}, {reason::upstream_connect_timeout, 504}};
    for (const auto& [why, status] : cases) {
        INFO(to_string(why));
        CHECK(status_of(why) == status);
    }
}
