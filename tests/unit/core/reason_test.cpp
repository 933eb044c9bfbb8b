#include <gate/core/reason.hpp>

#include <algorithm>
#include <catch.hpp>
#include <string>
#include <utility>
#include <vector>

using namespace gate::core;

namespace {

std::vector<reason> all_reasons() {
    std::vector<reason> out;
    for (std::size_t i = 0; i < reason_count; ++i) out.push_back(static_cast<reason>(i));
    return out;
}

int status_of(reason why) {
    return failure_of(why).status;
}

// The name of an enumerator, as the compiler spells it.
template <reason Why>
std::string_view spelled() {
    const std::string_view text =
        __PRETTY_FUNCTION__;  // "... [with reason Why = gate::core::reason::none; ..."
    const auto begin = text.find("reason::", text.find("Why = ")) + std::string_view("reason::").size();
    return text.substr(begin, text.find_first_of(";]", begin) - begin);
}

template <std::size_t... Index>
std::vector<std::string_view> spelled_reasons(std::index_sequence<Index...>) {
    return {spelled<static_cast<reason>(Index)>()...};
}

// The table of http2.md: what gRPC clients get for an HTTP status that we choose.
grpc_status grpc_of(reason why) {
    switch (status_of(why)) {
        case 401: return grpc_status::unauthenticated;
        case 403: return grpc_status::permission_denied;
        case 429: return grpc_status::resource_exhausted;
        case 404:
        case 405:
        case 501:
        case 505: return grpc_status::unimplemented;
        case 502:
        case 503: return grpc_status::unavailable;
        case 504:
            return why == reason::upstream_timeout ? grpc_status::deadline_exceeded
                                                   : grpc_status::unavailable;
        default: return grpc_status::internal;
    }
}

}  // namespace

TEST_CASE("the code of a reason is the name of its enumerator") {
    const auto names = spelled_reasons(std::make_index_sequence<reason_count>());
    for (const auto why : all_reasons()) CHECK(to_string(why) == names[static_cast<std::size_t>(why)]);
}

TEST_CASE("every reason has a sentence") {
    for (const auto why : all_reasons()) {
        INFO(to_string(why));
        CHECK((describe(why).ends_with('.') || describe(why).find("agt_...") != std::string_view::npos));
    }
}

TEST_CASE("a value that is no reason is explained as none") {
    CHECK(&row_of(reason::count_) == &row_of(reason::none));
    CHECK(&row_of(static_cast<reason>(255)) == &row_of(reason::none));
}

TEST_CASE("a reason survives the way through an error_code") {
    const error_code ec = reason::bad_chunk;
    CHECK(reason_of(ec) == reason::bad_chunk);
    CHECK(ec.message() == describe(reason::bad_chunk));
}

TEST_CASE("a foreign error_code becomes the reason that the caller names") {
    const error_code ec(ECONNREFUSED, boost::system::system_category());
    CHECK(reason_of(ec, reason::upstream_refused) == reason::upstream_refused);
}

TEST_CASE("rule 15: six reasons allow; what they would be answered with is an internal error") {
    for (const auto why : all_reasons()) {
        INFO(to_string(why));
        const bool allows = why == reason::token_verified || why == reason::token_grace ||
                            why == reason::public_path || why == reason::no_token ||
                            why == reason::preflight || why == reason::discovery;
        CHECK((verdict_of(why) == verdict::allow) == allows);
        if (allows) CHECK(status_of(why) == 500);
    }
}

TEST_CASE("rule 14: 401 only when Gate said no, or the token is missing or malformed") {
    for (const auto why : all_reasons()) {
        INFO(to_string(why));
        const bool callers_token = why == reason::token_missing || why == reason::token_malformed ||
                                   why == reason::token_invalid || why == reason::token_revoked ||
                                   why == reason::token_rejected;
        CHECK((status_of(why) == 401) == callers_token);
        CHECK(failure_of(why).challenge == callers_token);
        CHECK(failure_of(why).invalid_token == (callers_token && why != reason::token_missing));
    }
}

TEST_CASE("rule 14: whatever keeps Gate from being asked is unavailable: 503 with Retry-After") {
    for (const auto why : all_reasons()) {
        INFO(to_string(why));
        const bool about_gate = to_string(why).starts_with("gate_");
        CHECK((verdict_of(why) == verdict::unavailable) == about_gate);
        if (!about_gate) continue;
        CHECK(status_of(why) == 503);
        CHECK(failure_of(why).retry_after > 0);
        CHECK(failure_of(why).retryable);
    }
}

TEST_CASE(
    "rule 14: a key or a form that Gate refuses is logged as an error, and other trouble as a warning") {
    for (const auto why : all_reasons()) {
        if (verdict_of(why) != verdict::unavailable) continue;
        INFO(to_string(why));
        const bool stays = why == reason::gate_key_refused || why == reason::gate_form_refused;
        CHECK(row_of(why).level == (stays ? log_level::error : log_level::warn));
        CHECK((failure_of(why).retry_after > 1) == stays);
    }
}

TEST_CASE("decisions are the reasons of routes, of accounts, of the caller and of Gate, and no others") {
    for (const auto why : all_reasons()) {
        INFO(to_string(why));
        const auto code = to_string(why);
        const bool about_route = why == reason::public_path || why == reason::no_token ||
                                 why == reason::preflight || why == reason::discovery ||
                                 why == reason::path_denied;
        const bool about_token = code.starts_with("token_") || code.starts_with("gate_") || about_route ||
                                 why == reason::account_blocked;
        CHECK(verdict_of(why).has_value() == about_token);
    }
}

TEST_CASE(
    "a call to Gate that was answered allows or denies, and one that failed makes nothing of the token") {
    for (const auto why : all_reasons()) {
        INFO(to_string(why));
        const auto call = row_of(why).call;
        if (call == gate_call::answered)
            CHECK((verdict_of(why) == verdict::allow || verdict_of(why) == verdict::deny));
        if (call == gate_call::refused || call == gate_call::failed)
            CHECK(verdict_of(why) == verdict::unavailable);
        CHECK(is_call_result(why) == (call != gate_call::none && call != gate_call::unconfirmed));
    }
    CHECK(is_call_result(reason::token_verified));
    CHECK(is_call_result(reason::internal_error));
    CHECK_FALSE(is_call_result(reason::token_grace));
    CHECK_FALSE(is_call_result(reason::gate_unconfirmed));
}

TEST_CASE(
    "a stream is ended by a refusal of Gate's, when Gate could not be asked for too long, by a block, or by "
    "a stricter route") {
    std::vector<reason> ending;
    std::ranges::copy_if(all_reasons(), std::back_inserter(ending), ends_streams);
    CHECK(ending == std::vector{reason::token_missing, reason::token_invalid, reason::token_revoked,
                                reason::token_rejected, reason::path_denied, reason::account_blocked,
                                reason::gate_unconfirmed});
}

TEST_CASE("nobody is left to be told when the client has gone") {
    for (const auto why : all_reasons()) {
        INFO(to_string(why));
        CHECK((status_of(why) == 0) == (why == reason::client_gone || why == reason::client_too_slow));
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
        {reason::path_denied, 403},         {reason::account_blocked, 403},
        {reason::client_name_refused, 403}, {reason::host_not_served_here, 421},
        {reason::peer_not_trusted, 403},    {reason::original_missing, 400},
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

TEST_CASE("gRPC clients get the status that belongs to ours") {
    for (const auto why : all_reasons()) {
        INFO(to_string(why));
        if (status_of(why) != 0) CHECK(failure_of(why).grpc == grpc_of(why));
    }
}

TEST_CASE("gRPC clients are told to send a request again only if the upstream has not seen it") {
    for (const auto why : all_reasons()) {
        INFO(to_string(why));
        const auto& told = failure_of(why);
        const bool may_have_been_seen =
            why == reason::gate_unconfirmed || to_string(why).starts_with("body_") ||
            why == reason::upstream_timeout || why == reason::upstream_reset ||
            why == reason::upstream_bad_response || why == reason::upstream_truncated;
        const bool is_ours = status_of(why) == 500 || why == reason::head_timeout;
        CHECK(told.grpc_pushback == (told.retryable && !may_have_been_seen && !is_ours));
    }
}
