#pragma once
// Decides about agent tokens. One for each worker, over the state that all workers share. Order of defence
// (each step sees only what the one before let through): the shape check of extract_bearer, tokens revoked
// here, positive cache, negative cache, failed tokens of the client's address, single flight, delay of tokens
// for which calls fail, governor, Gate.

#include <gate/auth/blocked_accounts.hpp>
#include <gate/auth/decision.hpp>
#include <gate/auth/shared_state.hpp>
#include <gate/auth/token_key.hpp>
#include <gate/auth/token_verifier.hpp>
#include <gate/config/config.hpp>
#include <gate/core/asio.hpp>
#include <gate/core/task.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace gate::auth {

class authenticator {
public:
    // `shared` and `verifier` outlive this; this outlives the tasks of `executor`: verifications run there.
    // Uses gate.timeout and auth.header_name.
    authenticator(shared_state& shared, token_verifier& verifier, core::executor executor,
                  const config::cache_options& cache, const config::gate_options& gate,
                  const config::auth_options& auth);

    // Other options from now on, for calls under way too. On this worker's thread.
    void configure(const config::cache_options& cache, const config::gate_options& gate,
                   const config::auth_options& auth);

    // The answer from the caches alone: the hot path. Allocates nothing, never suspends; a hit locks one
    // shard. False: the caches do not know; then `out` says nothing of use. Precondition: `out` is as it was
    // made: a hit does not write what it has nothing to say about.
    bool find(const token_key& key, core::time_point now, decision& out);
    std::optional<decision> find(const token_key& key, core::time_point now);

    // Joins the verification of this token that is under way, or starts one. Resumes on this worker's thread,
    // by `deadline` (then: unavailable, gate_timeout). The verification goes on for the others if this one
    // gives up, or its client goes away. Where a call for it fails although it is one that Gate has accepted
    // before, or such calls fail for all, it is allowed for cache.grace more (token_grace). `token` must stay
    // until the first wait; precondition: is_agent_token(token). `from`: the client that is held to account
    // for a refusal; nothing: it is not known, and only the governor limits.
    core::task<decision> verify(std::string_view token, token_key key, std::optional<client_id> from,
                                core::time_point deadline);

    // Whether an operator has blocked the account: then no token of it passes, whatever Gate says.
    bool is_blocked(std::string_view account_id, core::time_point now) {
        return blocked_.is_blocked(account_id, now);
    }

    // Changes with each revocation, purge and block: a decision made before must be confirmed.
    std::uint64_t withdrawals() const noexcept { return shared_.facts.withdrawals(); }

    // For a request that was allowed, and has not been sent yet. Makes of `made` what the caches say now;
    // false when they do not know: then Gate has to be asked.
    bool confirm(const token_key& key, core::time_point now, decision& made);

    // Asks about a token that is in use before its TTL ends, if calls are plentiful: what a hit with
    // `refresh` wants. No request waits for it.
    void refresh(std::string_view token, const token_key& key) {
        start_unattended(token, key, lane::refresh);
    }

    // For an exchange that outlives the TTL: whether `account_id` may go on.
    struct renewal {
        core::verdict verdict = core::verdict::unavailable;
        core::reason reason = core::reason::none;  // of deny
        core::time_point fresh_until;              // of allow
    };
    // From the caches. Unless they know and it will last, asks Gate, and does not wait for the answer: look
    // again later. However many exchanges of a token look, that is one call in its TTL; where nothing may be
    // cached (cache.ttl: 0, no-store), one in cache.ttl, or in 60 s if that is 0.
    renewal renew(std::string_view token, const token_key& key, std::string_view account_id,
                  core::time_point now);
    // Whether it was revoked through this process.
    bool is_revoked(const token_key& key, core::time_point now) const {
        return shared_.facts.is_revoked(key, now);
    }
    // When to look: shortly before the TTL ends, so that a refusal is seen within it.
    static core::time_point renewal_point(core::time_point now, core::time_point fresh_until) {
        return now < fresh_until ? fresh_until - (fresh_until - now) / 16 : now;
    }

    // Verifications of this worker that are under way, or wait to be.
    std::size_t under_way() const noexcept { return under_way_; }

    // Calls left to the organization, as Gate said last; -1: never.
    std::int64_t budget_left() const noexcept { return shared_.budget_remaining(); }

private:
    struct call;
    struct fleet_flight;

    void start(std::string_view token, const flight_id& flight, lane which, std::optional<client_id> from);
    void start_unattended(std::string_view token, const token_key& key, lane which);
    core::time_point vouches_until(const recollection& known) const;
    core::task<> run_verification(core::secret_string token, flight_id flight, lane which,
                                  std::optional<client_id> from, bool admitted);
    core::task<outcome> verify_alone(core::secret_string token, flight_id flight, lane which,
                                     std::optional<client_id> from, bool admitted);
    core::task<outcome> verify_in_fleet(core::secret_string token, flight_id flight, lane which,
                                        std::optional<client_id> from, bool admitted);
    static outcome refused_by_governor(const admission& turn);
    admission throttled(const std::optional<client_id>& who);
    core::task<call> make_call(core::secret_string token, lane which, asker who);
    core::task<call> call_gate(core::secret_string token, lane which, asker who);
    core::task<call> make_attempt(core::secret_string token, lane which, asker who, attempt number);
    core::task<call> attempt_call(core::secret_string token, lane which, asker who, attempt number);
    core::task<verification> ask_gate(core::secret_string token, core::time_point deadline, attempt number);
    core::time_point::duration time_asleep() const;
    static void grow_older(call& made, core::time_point::duration asleep,
                           core::time_point::duration patience_left);
    outcome settle(const token_key& key, lane which, call& made);
    void store_allow(const token_key& key, call& made, outcome& out);
    void store_deny(const token_key& key, call& made);
    bool may_begin_grace(lane which, bool own_call_failed) const;
    void fall_back_on_grace(const token_key& key, decision& out);

    shared_state& shared_;
    blocked_view blocked_;
    token_verifier& verifier_;
    core::executor executor_;
    config::cache_options cache_;
    core::duration gate_timeout_{0};
    core::duration late_after_{
        0};  // a call that takes longer counts as failed for the request that gives up on it
    std::string identity_begin_;  // "X-Gate-Account-Id: "
    std::size_t under_way_ = 0;
};

}  // namespace gate::auth
