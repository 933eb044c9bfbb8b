#include <gate/app/admin_endpoints.hpp>
#include <gate/app/flat_object.hpp>
#include <gate/app/operator_error.hpp>
#include <gate/auth/fleet_member.hpp>
#include <gate/auth/retry_after.hpp>
#include <gate/auth/token.hpp>
#include <gate/auth/token_key.hpp>
#include <gate/telemetry/metrics_snapshot.hpp>
#include <gate/verify/codec.hpp>

#include <algorithm>
#include <array>

namespace gate::app {
namespace {

using verify::revocation;
using verify::revocation_result;

std::string fingerprint_text(const auth::token_key& key) {
    const auto digits = auth::fingerprint_of(key);
    return {digits.data(), digits.size()};
}

}  // namespace

admin_endpoints::admin_endpoints(const current_options& now, auth::shared_state& tokens,
                                 auth::token_hasher hasher, revoker ask_gate, stream_ender end_streams,
                                 const telemetry::event_log& events, core::executor control)
    : now_(now),
      access_(now),
      tokens_(tokens),
      hasher_(std::move(hasher)),
      ask_gate_(std::move(ask_gate)),
      end_streams_(std::move(end_streams)),
      events_(events),
      control_(std::move(control)) {}

void admin_endpoints::add_to(operating_server& admin) {
    admin.handle_late("POST", "/revoke", [this](const endpoint_request& request, const answering& done) {
        if (access_.admits(request, done)) revoke(request, done);
    });
    admin.handle_late("POST", "/purge", [this](const endpoint_request& request, const answering& done) {
        if (access_.admits(request, done)) purge(request, done);
    });
}

void admin_endpoints::collect(telemetry::metrics_snapshot& into) const {
    constexpr std::array<std::string_view, std::tuple_size_v<decltype(results_)>> names{
        "revoked", "unknown_token", "failed"};
    auto& family =
        into.counter("gate_revocations_total", "Tokens revoked through this process, by Gate's answer.");
    for (std::size_t i = 0; i < names.size(); ++i)
        family.add({{"result", names[i]}}, static_cast<double>(results_[i].load(std::memory_order_relaxed)));
}

void admin_endpoints::revoke(const endpoint_request& request, const answering& done) {
    auto body = read_flat_object(request.body.reveal());
    const bool is_usable = body && body->size() == 1 && body->front().name == "agent_token" &&
                           auth::is_agent_token(body->front().text.reveal());
    if (!is_usable) {
        const auto id = ids_.next();
        done(reply_of({.status = 422,
                       .code = "request.validation_failed",
                       .message = "The body must be {\"agent_token\": \"agt_...\"}.",
                       .request_id = id.view()}));
        return;
    }
    core::spawn(revoke_at_gate(std::move(body->front().text), done));
}

// Refused here immediately, whatever the result of the call to Gate is; no response is sent before its
// streams have ended (rule 29).
core::task<> admin_endpoints::revoke_at_gate(core::secret_string token, answering done) {
    const auto key = hasher_.key_of(token.reveal());
    const auto fingerprint = fingerprint_text(key);
    tokens_.facts.revoke(key, tokens_.time.now());
    bool is_known = true;
    if (tokens_.fleet != nullptr) is_known = co_await tokens_.fleet->publish_revocation(key, control_);
    co_await end_streams_();
    const auto now = core::clock::now();
    if (const auto wait = tokens_.calls.time_left(now); wait.count() > 0) {
        done(not_revoked_at_gate(core::reason::gate_rate_limited, wait, {}, is_known));
        co_return;
    }
    if (under_way_ >= max_revocations) {
        done(not_revoked_at_gate(core::reason::gate_busy, std::chrono::seconds(1), {}, is_known));
        co_return;
    }
    ++under_way_;
    tokens_.calls.spent(now);
    revocation came_to;
    try {
        came_to = co_await ask_gate_(std::move(token), now + now_().gate.timeout);
    } catch (const std::exception&) {
        came_to.detail = "the call could not be made";
    }
    --under_way_;
    for (auto more = came_to.calls; more > 1; --more) tokens_.calls.spent(core::clock::now());
    if (came_to.reason == core::reason::gate_rate_limited) note_rate_limit(came_to.retry_after);
    done(conclude(came_to, fingerprint, is_known));
}

// For all calls, of all replicas.
void admin_endpoints::note_rate_limit(std::chrono::seconds retry_after) {
    const auto now = core::clock::now();
    tokens_.calls.rate_limited(retry_after, now);
    if (tokens_.fleet != nullptr) tokens_.fleet->announce_pause(now + auth::pause_of(retry_after));
}

endpoint_reply admin_endpoints::conclude(const revocation& came_to, const std::string& fingerprint,
                                         bool is_known) {
    if (came_to.result == revocation_result::failed) {
        events_.warn("a token could not be revoked at Gate; this sidecar refuses it for now",
                     {{"gate.token_fingerprint", std::string_view(fingerprint)},
                      {"gate.reason", core::to_string(came_to.reason)},
                      {"http.response.status_code", came_to.status},
                      {"gate.request_id", std::string_view(came_to.request_id)},
                      {"error.message", std::string_view(came_to.detail)}});
        auto wait = came_to.retry_after;
        if (came_to.reason == core::reason::gate_rate_limited)
            wait = tokens_.calls.time_left(core::clock::now());
        return not_revoked_at_gate(came_to.reason, wait, came_to.detail, is_known);
    }
    const bool known = came_to.result == revocation_result::revoked;
    count(known ? result::revoked : result::unknown_token);
    events_.info(
        known ? "a token was revoked" : "a token that Gate does not know was revoked in this sidecar",
        {{"gate.token_fingerprint", std::string_view(fingerprint)}});
    core::json_writer to;
    to.begin_object();
    to.member("revoked", true);
    to.member("known_to_gate", known);
    to.member("fingerprint", fingerprint);
    if (!is_known) to.member("fleet", "pending");
    to.end_object();
    return json_reply(200, to);
}

endpoint_reply admin_endpoints::not_revoked_at_gate(core::reason why, std::chrono::seconds retry_after,
                                                    std::string_view detail, bool is_known) {
    count(result::failed);
    const auto id = ids_.next();
    std::string message =
        "This sidecar refuses the token for now (cache.ttl), but it is not revoked at Gate: repeat the "
        "request. ";
    message += why == core::reason::gate_rate_limited  ? "Gate's rate limit is used up."
               : why == core::reason::gate_key_refused ? "Gate refuses the secret key, or it lacks the scope "
                                                         "gate:agent_tokens:revoke."
               : why == core::reason::gate_form_refused
                   ? "Gate does not know this form of the call: see gate.revoke_path and gate.token_field."
                   : "Gate could not be asked.";
    if (!detail.empty()) message.append(" (").append(detail).append(")");
    if (!is_known) message.append(" The other replicas of the fleet have not been told yet.");
    return reply_of({.status = 503,
                     .code = core::to_string(why),
                     .message = message,
                     .retryable = true,
                     .retry_after = std::max(retry_after, std::chrono::seconds(1)),
                     .request_id = id.view()});
}

void admin_endpoints::purge(const endpoint_request& request, const answering& done) {
    const auto body = read_flat_object(request.body.reveal());
    using scope = auth::purge_scope;
    std::optional<scope> which;
    if (body && body->size() == 1) {
        const auto& [name, text, boolean] = body->front();
        if (name == "fingerprint" && auth::is_fingerprint(text.reveal()))
            which = scope{scope::kind::token, text.reveal()};
        if (name == "account_id" && verify::is_usable_account_id(text.reveal()))
            which = scope{scope::kind::account, text.reveal()};
        if (name == "all" && boolean == true) which = scope{scope::kind::all, {}};
    }
    if (!which) {
        const auto id = ids_.next();
        done(reply_of({.status = 422,
                       .code = "request.validation_failed",
                       .message = "The body must be {\"fingerprint\": \"<12 hex digits>\"}, "
                                  "{\"account_id\": \"gacct_...\"} or {\"all\": true}.",
                       .request_id = id.view()}));
        return;
    }
    const auto purged = tokens_.facts.purge(*which, tokens_.time.now());
    tokens_.flights.close_to_newcomers();
    events_.info("the cache was purged", {{"what", body->front().name}, {"entries", purged}});
    core::spawn(purge_everywhere(which->extent, std::string(which->name), purged, done));
}

core::task<> admin_endpoints::purge_everywhere(auth::purge_scope::kind extent, std::string name,
                                               std::size_t count, answering done) {
    bool is_known = true;
    if (tokens_.fleet != nullptr)
        is_known = co_await tokens_.fleet->publish_purge(extent, std::move(name), control_);
    core::json_writer to;
    to.begin_object();
    to.member("purged", count);
    if (!is_known) to.member("fleet", "pending");
    to.end_object();
    done(json_reply(200, to));
}

void admin_endpoints::count(result what) noexcept {
    results_[static_cast<std::size_t>(what)].fetch_add(1, std::memory_order_relaxed);
}

}  // namespace gate::app
