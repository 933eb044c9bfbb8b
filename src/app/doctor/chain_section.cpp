// How what has come through the chain is judged.
#include <gate/app/doctor/chain_section.hpp>
#include <gate/app/doctor/corpus.hpp>
#include <gate/app/echo_server.hpp>
#include <gate/app/joined.hpp>
#include <gate/core/text.hpp>
#include <gate/http/folded_names.hpp>

#include <rapidjson/document.h>

#include <algorithm>

namespace gate::app::doctor {
namespace {

constexpr unsigned flags = rapidjson::kParseValidateEncodingFlag | rapidjson::kParseIterativeFlag;

std::string status_text(const heard& got) {
    return got.status == 0 ? got.problem : "status " + std::to_string(got.status);
}

std::string text(const rapidjson::Value& from) {
    return from.IsString() ? std::string(from.GetString(), from.GetStringLength()) : std::string();
}

// For what the request holds. A 403 of a sidecar's own is that of another replica, for the path.
bool is_refused(const heard& got) {
    return got.status == 400 || got.status == 431 || (got.status == 403 && !is_our_error(got));
}

}  // namespace

std::optional<echoed> read_echo(const std::string& body) {
    rapidjson::Document document;
    document.Parse<flags>(body.data(), body.size());
    if (document.HasParseError() || !document.IsObject() || !document.HasMember("fields") ||
        !document["fields"].IsArray() || !document.HasMember("removed") || !document["removed"].IsArray())
        return std::nullopt;
    echoed out;
    for (const auto& each : document["fields"].GetArray()) {
        if (each.IsArray() && each.Size() == 2) out.fields.emplace_back(text(each[0]), text(each[1]));
    }
    for (const auto& each : document["removed"].GetArray()) out.removed.push_back(text(each));
    return out;
}

bool is_our_error(const heard& got) {
    rapidjson::Document document;
    document.Parse<flags>(got.body.data(), got.body.size());
    if (document.HasParseError() || !document.IsObject() || !document.HasMember("error")) return false;
    const auto& error = document["error"];
    return error.IsObject() && error.HasMember("request_id") && text(error["request_id"]).starts_with("req_");
}

bool is_of_echo(const heard& got) {
    return got.field(echo_server::mark).has_value();
}

finding judge_identity(const heard& got, std::string_view identity) {
    constexpr std::string_view id = "chain.identity";
    const auto shown = read_echo(got.body);
    if (!shown) {
        if (is_refused(got))
            return passed(id, "a request that pretends to be somebody is refused with " + status_text(got));
        return skipping(id, "the echo has not answered: " + status_text(got));
    }
    std::vector<std::string> passing;
    for (const auto& [name, value] : shown->fields) {
        if (http::folds_to(name, core::lowered(identity)) || http::folds_to(name, "x-gate-account-id"))
            passing.push_back(name);
    }
    if (!passing.empty())
        return failure(id, joined(passing, ", ") + " from a client would reach the API",
                       "do not serve with this sidecar: install it again, and report this (SECURITY.md)");
    return passed(id, "no spelling of " + std::string(identity) + " from a client would reach the API");
}

finding judge_spellings(const heard& got, std::string_view identity) {
    constexpr std::string_view id = "chain.spellings";
    const auto shown = read_echo(got.body);
    if (!shown) {
        if (is_refused(got)) return passed(id, "unusual spellings are refused before the sidecar");
        return skipping(id, "the echo has not answered: " + status_text(got));
    }
    std::vector<std::string> unusual;
    for (const auto& each : shown->removed) {
        if (is_unusual(each, identity)) unusual.push_back(each);
    }
    if (unusual.empty()) return passed(id, "unusual spellings do not come as far as the sidecar");
    return warning(id,
                   "what stands before the sidecar lets " + joined(unusual, ", ") +
                       " through; the sidecar removes it, but an API that is reached past the sidecar would "
                       "take it for " +
                       std::string(identity),
                   "have the load balancer drop fields whose names hold anything but letters, digits and '-' "
                   "(nginx: underscores_in_headers off; Envoy: headers_with_underscores_action; HAProxy: "
                   "http-request del-header)");
}

finding judge_authorization(const heard& got) {
    constexpr std::string_view id = "chain.authorization";
    const std::string fix =
        "have the load balancer pass Authorization on (nginx: proxy_set_header Authorization "
        "$http_authorization), and do not let it authenticate clients itself, or to the sidecar";
    const auto shown = read_echo(got.body);
    if (!shown && got.status == 400 && is_our_error(got))
        return failure(
            id, "the sidecar refuses a request with Authorization: something before it adds a second one",
            fix);
    if (!shown) return skipping(id, "the echo has not answered: " + status_text(got));
    const auto found = std::ranges::find_if(
        shown->fields, [](const auto& each) { return core::iequals(each.first, "Authorization"); });
    if (found == shown->fields.end())
        return failure(id, "something before the sidecar removes Authorization: every token is missing", fix);
    if (found->second != "*** (" + std::to_string(sent_authorization.size()) + " bytes)")
        return failure(id, "something before the sidecar replaces Authorization: the client's token is lost",
                       fix);
    return passed(id, "Authorization reaches the sidecar as the client has sent it");
}

finding judge_refusal(const heard& got) {
    constexpr std::string_view id = "chain.refusal";
    const std::string fix =
        "have the load balancer pass errors on as they are (nginx: no proxy_intercept_errors or error_page "
        "for 401; no custom error pages)";
    if (got.status != 401)
        return failure(id, "a request without a token is answered with " + status_text(got) + " and not 401",
                       fix);
    if (!got.field("WWW-Authenticate"))
        return failure(id, "a 401 comes without WWW-Authenticate: clients do not learn how to authenticate",
                       fix);
    if (!is_our_error(got)) return failure(id, "the body of a 401 is replaced on its way", fix);
    return passed(id, "a request without a token is answered with 401, as the sidecar has said it");
}

finding judge_retry_after(const heard& got) {
    constexpr std::string_view id = "chain.retry_after";
    const std::string fix =
        "have the load balancer pass 503 and Retry-After on (no custom error pages, no retries of 503)";
    if (got.status != 503) return failure(id, "a 503 with Retry-After becomes " + status_text(got), fix);
    const auto told = got.field("Retry-After");
    if (told != "7")
        return failure(id, told ? "Retry-After is changed on its way" : "Retry-After is removed on its way",
                       fix);
    return passed(id, "a 503 arrives with its Retry-After");
}

finding judge_events(bool came_in_time, const heard& got) {
    constexpr std::string_view id = "chain.events";
    if (came_in_time) return passed(id, "an event of a stream arrives immediately");
    const std::string fix =
        "have the load balancer not buffer responses (nginx: proxy_buffering off; or "
        "X-Accel-Buffering: no from the API)";
    if (got.status != 0 && got.status != 200)
        return warning(id, "an event stream becomes " + status_text(got), fix);
    if (got.status == 0 && !got.problem.empty())
        return warning(id, "an event stream gets no response: " + got.problem,
                       "see chain.connect, and what the load balancer logs about it; " + fix);
    return warning(id, "the first event of a stream has not arrived after 5 s: something buffers it", fix);
}

finding judge_websocket(const heard& got, std::string_view expected_accept, bool has_frame) {
    constexpr std::string_view id = "chain.websocket";
    const std::string fix =
        "have the load balancer pass upgrades on (nginx: proxy_http_version 1.1 with "
        "Upgrade and Connection; ALB: HTTP/1.1 target group)";
    if (got.status == 0) return warning(id, "a WebSocket gets no response: " + got.problem, fix);
    if (got.status != 101)
        return warning(id, "a WebSocket is answered with " + status_text(got) + " and not 101", fix);
    if (got.field("Sec-WebSocket-Accept") != expected_accept)
        return warning(id, "the handshake of a WebSocket is changed on its way", fix);
    if (!has_frame) return warning(id, "a frame of a WebSocket has not arrived after 5 s", fix);
    return passed(id, "a WebSocket is opened, and a frame arrives");
}

finding judge_unclear(const std::vector<std::string>& passed_on) {
    constexpr std::string_view id = "chain.framing";
    if (passed_on.empty())
        return passed(id, "requests that can be read in two ways are refused, or made clear, on their way");
    return warning(
        id,
        "what stands before the sidecar passes on " + joined(passed_on, "; ") + "; the sidecar refuses it",
        "update the load balancer, and have it refuse such requests (RFC 9112 6.3)");
}

}  // namespace gate::app::doctor
