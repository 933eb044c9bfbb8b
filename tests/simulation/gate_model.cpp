#include "gate_model.hpp"

#include <algorithm>

namespace gate::simulation {
namespace {

using auth::verdict;
using auth::verification;
using core::reason;

constexpr core::duration least_latency{10};
constexpr double further_latency = 20;  // ms, on average

verification no_answer(reason why) {
    verification out;
    out.reason = why;
    out.retryable = why == reason::gate_unreachable;
    return out;
}

verification failure() {
    auto out = no_answer(reason::gate_failing);
    out.status = 503;
    out.retryable = true;
    return out;
}

verification answer(bool good, const bucket::admission& admitted, std::size_t limit) {
    verification out;
    out.limit = static_cast<unsigned>(limit);
    out.remaining = admitted.remaining;
    if (!admitted.allowed) {
        out.status = 429;
        out.reason = reason::gate_rate_limited;
        out.retry_after = admitted.retry_after;
        return out;
    }
    out.status = 200;
    out.verdict = good ? verdict::allow : verdict::deny;
    out.reason = good ? reason::token_verified : reason::token_invalid;
    if (good) out.account_id = "gacct_of_a_good_token";
    return out;
}

}  // namespace

gate_model::gate_model(event_queue& queue, const scenario& cell, std::size_t most, core::duration span)
    : queue_(queue), cell_(cell), began_(queue.now()), limit_(most), window_(span), bucket_(most, span) {
    for (const auto& each : cell.troubles) {
        if (each.what == fault::crowded) core::spawn(crowd(each));
    }
}

core::task<verification> gate_model::ask(token_id token, core::time_point deadline) {
    const auto way = latency() / 2;
    if (troubled_by(fault::refused) != nullptr) {
        co_await queue_.until(queue_.now() + 1ms);
        co_return no_answer(reason::gate_unreachable);
    }
    co_await queue_.until(std::min(queue_.now() + way, deadline));
    if (troubled_by(fault::hangs) != nullptr || queue_.now() >= deadline) {
        co_await queue_.until(deadline);
        co_return no_answer(reason::gate_timeout);
    }
    note_call(token);
    if (troubled_by(fault::fails) != nullptr) {
        co_await queue_.until(queue_.now() + way);
        co_return failure();
    }
    const auto admitted = bucket_.count(queue_.now());
    if (!admitted.allowed && queue_.now() - began_ >= cell_.measured_from) ++stats_.limited;
    const bool good = token < first_bad_token && !revoked_.contains(token);
    const auto arrives = queue_.now() + way;
    co_await queue_.until(std::min(arrives, deadline));
    if (arrives > deadline) co_return no_answer(reason::gate_timeout);
    co_return answer(good, admitted, limit_);
}

const trouble* gate_model::troubled_by(fault what) const {
    const auto at = std::chrono::duration_cast<core::duration>(queue_.now() - began_);
    for (const auto& each : cell_.troubles) {
        if (each.what == what && each.when.covers(at)) return &each;
    }
    return nullptr;
}

core::duration gate_model::latency() {
    if (const auto* slow = troubled_by(fault::slow)) return slow->latency;
    const auto further = std::exponential_distribution<double>(1 / further_latency)(random_);
    return least_latency + core::duration(static_cast<core::duration::rep>(further));
}

void gate_model::note_call(token_id token) {
    const auto now = queue_.now();
    recent_.push_back(now);
    while (recent_.front() + window_ <= now) recent_.pop_front();
    if (now - began_ < cell_.measured_from) return;
    ++stats_.calls;
    stats_.most_in_a_window = std::max(stats_.most_in_a_window, recent_.size());
    if (token >= first_bad_token) ++stats_.flood_calls;
}

// Another user of the organization's keys.
core::task<> gate_model::crowd(trouble by) {
    const auto pause = std::chrono::duration_cast<core::time_point::duration>(
        std::chrono::duration<double>(1 / by.per_second));
    co_await queue_.until(began_ + by.when.from);
    while (queue_.now() < began_ + by.when.to) {
        const auto admitted = bucket_.count(queue_.now());
        const auto wait =
            admitted.allowed || by.rude ? pause : core::time_point::duration(admitted.retry_after);
        co_await queue_.until(queue_.now() + wait);
    }
}

}  // namespace gate::simulation
