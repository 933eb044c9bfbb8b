#include <gate/net/pool_core.hpp>

#include <algorithm>
#include <cassert>
#include <utility>

namespace gate::net {
namespace {

// How many are leased when fewer than an eighth are free.
constexpr std::size_t crowded_when(std::size_t connections) {
    return connections - (connections - std::min<std::size_t>(connections, 1)) / 8;
}

// From how many open connections on their holders are counted: early enough that all workers have counted
// before shares matter.
constexpr std::size_t scarce_when(std::size_t connections) {
    return std::max<std::size_t>(1, connections / 4 * 3);
}

}  // namespace

unsigned pool_core::join() {
    members_.emplace_back();
    return static_cast<unsigned>(members_.size() - 1);
}

void pool_core::leave(unsigned worker, std::size_t leased) noexcept {
    has_looked(worker, leased);
    members_[worker].is_here = false;
}

void pool_core::configure(std::size_t connections) noexcept {
    most_ = connections;
    crowded_from_ = crowded_when(connections);
    scarce_from_ = scarce_when(connections);
    serve_waiting();
}

void pool_core::ask(slot_request& one, std::size_t leased) noexcept {
    judge(one, leased, is_scarce_);
}

// Requests that wait already come first.
void pool_core::judge(slot_request& one, std::size_t leased, bool counts) noexcept {
    if (one.holder != nullptr && !one.is_retry && is_crowded(leased)) {
        if (!all_have_counted()) return unjudged_.join(one);
        if (one.holder->has_its_share()) {
            one.now = slot_request::state::share_exceeded;
            return;
        }
    }
    if (line_.empty() && in_use_ < most_) {
        ++in_use_;
        grant(one, counts);
    } else {
        line_.join(one);
    }
    look_at_state();
}

void pool_core::release() noexcept {
    assert(in_use_ > 0);
    --in_use_;
    serve_waiting();
}

pool_core::offer_result pool_core::offer() noexcept {
    using kind = offer_result::kind;
    if (in_use_ > most_) {
        release();
        return {kind::close};
    }
    auto* const next = static_cast<slot_request*>(line_.next());
    if (next != nullptr) grant(*next, true);
    look_at_state();
    return {next != nullptr ? kind::hand_over : kind::keep, next};
}

pool_core::expiry pool_core::expire(slot_request& one, core::time_point now) noexcept {
    if (one.now != slot_request::state::waiting) return expiry::settled_before;
    if (unanswered_ > 0 && now < one.until + patience) return expiry::ask_again_later;
    one.leave();
    one.now = slot_request::state::busy;
    look_at_state();
    return expiry::refused;
}

void pool_core::has_looked(unsigned worker, std::size_t leased) noexcept {
    const bool knew_all = all_have_counted();
    has_answered(members_[worker]);
    if (!knew_all && all_have_counted()) judge_again(leased);
}

void pool_core::has_answered(member& one) noexcept {
    if (std::exchange(one.owes_look, false)) --unanswered_;
    if (std::exchange(one.owes_count, false)) --uncounted_;
    one.is_told = true;
}

void pool_core::judge_again(std::size_t leased) noexcept {
    auto waiting = std::exchange(unjudged_, waiting_line());
    while (auto* const one = static_cast<slot_request*>(waiting.first_come())) {
        judge(*one, leased, true);
        if (one->now == slot_request::state::granted) ++leased;
        if (one->now != slot_request::state::waiting) settle(*one);
    }
}

// counts: other workers grant only requests that are counted immediately; the holder's own worker may count
// later.
void pool_core::grant(slot_request& one, bool counts) noexcept {
    one.now = slot_request::state::granted;
    if (one.holder != nullptr) one.holder->take(counts);
}

void pool_core::settle(slot_request& one) noexcept {
    (settled_last_ != nullptr ? settled_last_->next_settled : settled_first_) = &one;
    settled_last_ = &one;
}

void pool_core::serve_waiting() noexcept {
    while (in_use_ < most_) {
        auto* const next = static_cast<slot_request*>(line_.next());
        if (next == nullptr) break;
        ++in_use_;
        grant(*next, true);
        settle(*next);
    }
    look_at_state();
}

// Each worker is told when a condition begins. Scarcity ends at half of where it begins, because counting is
// work.
void pool_core::look_at_state() noexcept {
    const bool is_scarce = in_use_ >= (is_scarce_ ? (scarce_from_ + 1) / 2 : scarce_from_);
    const bool scarcity_begins = is_scarce && !std::exchange(is_scarce_, is_scarce);
    const bool waiting_begins = !line_.empty() && !somebody_waits_;
    const bool excess_begins = in_use_ > most_ && !is_exceeded_;
    somebody_waits_ = !line_.empty();
    is_exceeded_ = in_use_ > most_;
    is_scarce_ = is_scarce;
    if (scarcity_begins || waiting_begins || excess_begins) ask_all_to_look(scarcity_begins);
}

// A worker that has been told and has not looked yet is not told again: it will see the state of that moment.
void pool_core::ask_all_to_look(bool to_count) noexcept {
    for (auto& each : members_) {
        if (!each.is_here) continue;
        if (!std::exchange(each.owes_look, true)) {
            ++unanswered_;
            each.is_told = false;
            has_to_tell_ = true;
        }
        if (to_count && !std::exchange(each.owes_count, true)) ++uncounted_;
    }
}

pool_core::action pool_core::next_action() noexcept {
    using kind = action::kind;
    if (auto* const first = settled_first_) {
        settled_first_ = first->next_settled;
        if (settled_first_ == nullptr) settled_last_ = nullptr;
        return {kind::resume, first, first->worker};
    }
    if (!has_to_tell_) return {};
    for (unsigned number = 0; number < members_.size(); ++number) {
        if (!std::exchange(members_[number].is_told, true)) return {kind::ask_to_look, nullptr, number};
    }
    has_to_tell_ = false;
    return {};
}

}  // namespace gate::net
