// What came of a call to the collector, and what the log says of it.
#include "sender.hpp"

namespace gate::exporting {
namespace {

using outcome = delivery::outcome;

call_failure failure_of(client::failure kind) {
    switch (kind) {
        case client::failure::exhausted: return call_failure::local;
        case client::failure::timed_out:
        case client::failure::closing: return call_failure::timeout;
        case client::failure::bad_answer: return call_failure::bad_answer;
        default: return call_failure::unreachable;
    }
}

}  // namespace

span_exporter::sender::call_end span_exporter::sender::end_of(const client::outcome& from) {
    call_end out;
    if (from.problem.kind != client::failure::none) {
        out.failure = failure_of(from.problem.kind);
        out.detail = from.problem.detail;
        return out;
    }
    out.status = static_cast<unsigned>(from.answer.status());
    out.answer = read_collector_answer(from.answer.status(), from.answer.field("Retry-After"),
                                       from.answer.body, core::wall_clock::now());
    switch (out.answer.meaning) {
        case collector_answer::kind::accepted: out.outcome = outcome::accepted; break;
        case collector_answer::kind::retry: out.failure = call_failure::throttled; break;
        case collector_answer::kind::unreadable:  // it may have them: not again
            out.outcome = outcome::refused;
            out.failure = call_failure::bad_answer;
            break;
        case collector_answer::kind::refused:
            out.outcome = outcome::refused;
            out.failure = call_failure::refused;
            break;
    }
    return out;
}

void span_exporter::sender::log(const call_end& how) {
    const auto now = core::clock::now();
    if (how.failure) {
        told_.has_failed = true;
        if (const auto left_out = told_.failures.next(now))
            events_.warn("spans cannot be exported",
                         {{"reason", call_failure_names[static_cast<std::size_t>(*how.failure)]},
                          {"http.response.status_code", how.status},
                          {"detail", how.detail},
                          {"url.full", url_},
                          {"lines_left_out", *left_out}});
        return;
    }
    if (std::exchange(told_.has_failed, false))
        events_.info("spans are exported again", {{"url.full", url_}});
    if (how.answer.rejected == 0 && how.answer.message.empty()) return;
    if (const auto left_out = told_.rejections.next(now))
        events_.warn("the collector has a complaint about spans", {{"rejected_spans", how.answer.rejected},
                                                                   {"message", how.answer.message},
                                                                   {"url.full", url_},
                                                                   {"lines_left_out", *left_out}});
}

}  // namespace gate::exporting
