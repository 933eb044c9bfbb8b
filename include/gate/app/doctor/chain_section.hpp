#pragma once
// CHAIN: what becomes of requests and responses on the whole way from a client to this sidecar: load
// balancer, ingress, sidecar. The sidecar is asked for a temporary echo (app/echo_endpoints.hpp), which shows
// what has arrived. Where there is none, only what needs none is looked at.

#include <gate/app/doctor/doctor.hpp>
#include <gate/app/doctor/finding.hpp>
#include <gate/app/doctor/talk.hpp>
#include <gate/config/config.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace gate::app::doctor {

// Looks at it all. Precondition: what.url is a URL.
findings look_at_chain(const config::config& options, const questions& what);

// What the echo has shown of a request.
struct echoed {
    std::vector<std::pair<std::string, std::string>> fields{};  // as the upstream would have got them
    std::vector<std::string> removed{};  // names that pretended to be ours, as they came to the sidecar
};
// Nothing: it is no answer of the echo.
std::optional<echoed> read_echo(const std::string& body);

// Whether it bears the mark of the echo's answers (echo_server.hpp). What does not may be the answer of
// another replica behind the same load balancer, of its upstream even, or of what stands before them.
bool is_of_echo(const heard& got);
// An error that a sidecar has made: with its request id.
bool is_our_error(const heard& got);

// The following judge what has come of one request each. Where the echo has not answered, a refusal of the
// request as it is (400, 403, 431) says something; 401, 404 or 429 say nothing of its fields. Pure.
finding judge_identity(const heard& got, std::string_view identity);
finding judge_spellings(const heard& got, std::string_view identity);
// Of a request with `sent_authorization`: another value is noticed if its length differs.
inline constexpr std::string_view sent_authorization = "Bearer gate-sidecar-doctor";
finding judge_authorization(const heard& got);
// Of a request without a token, to where every one needs a token.
finding judge_refusal(const heard& got);
finding judge_retry_after(const heard& got);
finding judge_events(bool came_in_time, const heard& got);
finding judge_websocket(const heard& got, std::string_view expected_accept, bool has_frame);
finding judge_unclear(const std::vector<std::string>& passed_on);

}  // namespace gate::app::doctor
