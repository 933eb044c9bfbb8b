#pragma once
// Whether one request may pass, and as whom: the head decides (rule_on), then the caches, then Gate. The
// answer is one variable, made(): allow, deny or unavailable. No socket, no log, no count.

#include <gate/auth/authenticator.hpp>
#include <gate/auth/ruling.hpp>
#include <gate/auth/token_key.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace gate::auth {

// Not thread-safe: belongs to the worker that serves the request.
class access {
public:
    // All outlive this object. `identity_begin`: "X-Gate-Account-Id: ", as this request was searched for it
    // (rule 2). `patience`: gate.timeout, how long Gate is waited for.
    access(authenticator& knows, token_hasher& hasher, std::string_view identity_begin,
           core::duration patience) noexcept
        : authenticator_(knows), hasher_(hasher), identity_begin_(identity_begin), patience_(patience) {}

    // Decides by the head and the caches alone: the hot path. Allocates nothing, never suspends. False: Gate
    // has to be asked, and made() says nothing yet. Precondition: this is the first call. `shown` is a view
    // into a head that outlives this object, or what uses it; so does `policy`.
    bool decide(const http::request_facts& asked, const bearer& shown, const access_policy& policy,
                policy_scratch& scratch, core::time_point now);

    // Asks Gate, on behalf of the client `from`; nothing: it is not known. Precondition: decide() was false.
    core::task<> verify(std::optional<client_id> from);

    // Rule 13: something was revoked, purged or blocked since it was allowed, and that may concern it.
    bool is_outdated() const noexcept {
        return token_key_ && is_allowed() && seen_withdrawals_ != authenticator_.withdrawals();
    }
    // Makes it current: by the caches, or by Gate where they do not know. Precondition: is_allowed().
    core::task<> confirm(client_id from);

    // Why an operator has withdrawn it: its token was revoked through this process, or its account was
    // blocked. none: it was not. Precondition: has_token().
    core::reason withdrawal(core::time_point now) const;

    // For a request that outlives the TTL of its token: see authenticator::renew. A blocked account is
    // denied. Precondition: has_token().
    authenticator::renewal renew(core::time_point now);

    const decision& made() const noexcept { return decision_; }
    bool is_made() const noexcept { return is_made_; }
    bool is_allowed() const noexcept { return is_made_ && decision_.verdict == verdict::allow; }

    // Whether the request goes on: it is allowed, or nothing is refused here for its token or its route.
    bool passes() const noexcept { return is_allowed() || (is_made_ && in_shadow_); }
    // made() is only what would have been decided.
    bool in_shadow() const noexcept { return in_shadow_; }
    // It is allowed, and a stricter route in shadow would have refused it for this reason; else none.
    core::reason refusal_on_trial() const noexcept { return is_allowed() ? on_trial_ : core::reason::none; }
    // For the log and the metrics: what was decided, or would have been.
    core::reason told_reason() const noexcept {
        const auto tried = refusal_on_trial();
        return tried != core::reason::none ? tried : decision_.reason;
    }
    // A reload has taken its route out of shadow: its token counts again. Precondition: is_allowed().
    void leave_shadow() noexcept { in_shadow_ = false; }
    // The route that the request takes; null: none, or decide() was not called.
    const route* chosen() const noexcept { return chosen_; }

    // For the log: whose token it is, also where the account is blocked; empty: not known.
    std::string_view account_id() const noexcept {
        return blocked_account_.empty() ? decision_.identity.account_id() : blocked_account_;
    }

    // Whether the request shows a well-formed agent token that is, or was, to be verified.
    bool has_token() const noexcept { return token_key_.has_value(); }
    const token_key& key() const noexcept { return *token_key_; }  // precondition: has_token()
    // Precondition: it passes.
    bool drops_authorization() const noexcept { return drops_authorization_ && is_allowed(); }
    // "X-Gate-Verification: ...\r\n" for a token that passes by cache.grace; else empty.
    std::string_view verification_line() const noexcept { return verification_line_; }
    // How long Gate was waited for; nothing: it was not asked.
    std::optional<std::chrono::nanoseconds> gate_time() const noexcept { return gate_time_; }
    // When that began. Precondition: gate_time() has a value.
    core::time_point gate_asked() const noexcept { return gate_asked_; }

private:
    void take(decision&& made);
    void refuse_if_blocked(core::time_point now);
    core::duration patience() const noexcept;

    authenticator& authenticator_;
    token_hasher& hasher_;
    std::string_view identity_begin_;
    core::duration patience_;
    const route* chosen_ = nullptr;
    bearer shown_;
    decision decision_;
    std::optional<token_key> token_key_;
    std::uint64_t seen_withdrawals_ = 0;  // by the time that decision_ was made, or confirmed
    std::string verification_line_;
    std::string blocked_account_;  // why it is denied; else empty
    std::optional<std::chrono::nanoseconds> gate_time_;
    core::time_point gate_asked_{};
    bool drops_authorization_ = true;
    core::reason on_trial_ = core::reason::none;
    bool in_shadow_ = false;
    bool is_made_ = false;
};

}  // namespace gate::auth
