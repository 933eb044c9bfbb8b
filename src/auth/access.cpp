#include <gate/auth/access.hpp>

#include <algorithm>
#include <utility>

namespace gate::auth {

namespace {

// Nobody waits longer where nothing is refused.
constexpr core::duration patience_in_shadow{100};

}  // namespace

bool access::decide(const http::request_facts& asked, const bearer& shown, const access_policy& policy,
                    policy_scratch& scratch, core::time_point now) {
    shown_ = shown;
    const auto by_head = rule_on(asked, shown, policy, scratch);
    chosen_ = by_head.route.chosen;
    in_shadow_ = by_head.route.in_shadow;
    on_trial_ = by_head.on_trial;
    drops_authorization_ = by_head.drops_authorization;
    if (!by_head.must_verify()) {
        decision_.verdict = by_head.verdict;
        decision_.reason = by_head.reason;
        return is_made_ = true;
    }
    token_key_ = hasher_.key_of(shown.token);
    seen_withdrawals_ = authenticator_.withdrawals();
    if (!authenticator_.find(*token_key_, now, decision_)) return false;
    refuse_if_blocked(now);
    if (decision_.refresh) authenticator_.refresh(shown.token, *token_key_);
    return is_made_ = true;
}

core::task<> access::verify(std::optional<client_id> from) {
    const auto asked = core::clock::now();
    if (!gate_time_) gate_asked_ = asked;
    auto made = co_await authenticator_.verify(shown_.token, *token_key_, from, asked + patience());
    gate_time_ = gate_time_.value_or(std::chrono::nanoseconds{0}) + (core::clock::now() - asked);
    take(std::move(made));
}

// In shadow for all waiting together.
core::duration access::patience() const noexcept {
    if (!in_shadow_) return patience_;
    const auto waited = std::chrono::ceil<core::duration>(gate_time().value_or(std::chrono::nanoseconds{0}));
    return std::max(std::min(patience_, patience_in_shadow) - waited, core::duration{0});
}

core::task<> access::confirm(client_id from) {
    while (is_outdated()) {
        seen_withdrawals_ = authenticator_.withdrawals();
        auto made = decision_;
        if (authenticator_.confirm(*token_key_, core::clock::now(), made)) {
            take(std::move(made));
        } else {
            co_await verify(from);
        }
        if (decision_.verdict != verdict::allow) co_return;
    }
}

core::reason access::withdrawal(core::time_point now) const {
    if (authenticator_.is_revoked(*token_key_, now)) return core::reason::token_revoked;
    const bool is_blocked = authenticator_.is_blocked(decision_.identity.account_id(), now);
    return is_blocked ? core::reason::account_blocked : core::reason::none;
}

authenticator::renewal access::renew(core::time_point now) {
    if (authenticator_.is_blocked(decision_.identity.account_id(), now))
        return {verdict::deny, core::reason::account_blocked, {}};
    return authenticator_.renew(shown_.token, *token_key_, decision_.identity.account_id(), now);
}

// Of what came after a wait: the configuration may have changed meanwhile.
void access::take(decision&& made) {
    decision_ = std::move(made);
    decision_.identity.put_under(identity_begin_);
    is_made_ = true;
    verification_line_.clear();
    refuse_if_blocked(core::clock::now());
    if (!is_allowed()) return;
    if (decision_.cache != cache_state::stale) return;
    const auto age = std::chrono::duration_cast<std::chrono::seconds>(decision_.age);
    verification_line_ = "X-Gate-Verification: stale; age=" + std::to_string(age.count()) + "\r\n";
}

// Whatever the cache or Gate says of its token. The account is named in the log alone.
void access::refuse_if_blocked(core::time_point now) {
    blocked_account_.clear();
    const auto account = decision_.identity.account_id();
    if (decision_.verdict != verdict::allow || account.empty()) return;
    if (!authenticator_.is_blocked(account, now)) return;
    blocked_account_ = account;
    decision_.verdict = verdict::deny;
    decision_.reason = core::reason::account_blocked;
    decision_.identity = {};
    decision_.refresh = false;
}

}  // namespace gate::auth
