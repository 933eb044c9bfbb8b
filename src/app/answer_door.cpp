#include <gate/answer/exchange.hpp>
#include <gate/app/answer_door.hpp>

#include <new>

namespace gate::app {
namespace {

// How long a line may wait for others to be written with.
constexpr core::duration log_interval{100};

answer::rules_pointer rules_of(const std::shared_ptr<const proxy::snapshot>& now) {
    const answer::rule_parts parts{now->options, now->policy, now->errors, now->route_labels(),
                                   now->identity_begin};
    return std::make_shared<const answer::rules>(now, parts);
}

}  // namespace

// The frames of coroutines, which an exchange is taken from, are aligned like that.
static_assert(alignof(answer::exchange) <= __STDCPP_DEFAULT_NEW_ALIGNMENT__);

answer_door::answer_door(proxy::session_resources& of_worker)
    : worker_(of_worker),
      resources_{.authenticator = of_worker.authenticator,
                 .hasher = of_worker.hasher,
                 .policy = of_worker.policy,
                 .metrics = of_worker.metrics,
                 .ids = of_worker.ids,
                 .date = of_worker.date,
                 .log = *this,
                 .spans = of_worker.spans} {
    look_at_snapshot();
}

void answer_door::look_at_snapshot() {
    const auto& now = worker_.current->shared;
    rules_ = rules_of(now);
    trusted_peers_ = net::network_set(now->options.answer.trusted_peers);
}

std::unique_ptr<protocol::carried_exchange> answer_door::begin(protocol::inbound& asking,
                                                               const protocol::peer& from,
                                                               core::time_point started,
                                                               core::time_point head_came) {
    return std::make_unique<answer::exchange>(resources_, rules_, asking, from, started, head_came);
}

bool answer_door::append(const telemetry::access_record& line, core::time_point ended, bool is_wanted) {
    if (worker_.refusals != nullptr) worker_.refusals->note(line);
    const auto& focus = worker_.log->focus();
    const bool in_any_case = focus.is_set() && focus.covers(line.account_id, line.token_fingerprint);
    if (!in_any_case && !(worker_.logs_requests && is_wanted)) return false;
    worker_.log->append(line, in_any_case);
    if (worker_.log_due.when() == core::never) worker_.log_due.set(ended + log_interval);
    return in_any_case || worker_.log->shows_requests();
}

void answer_door::note_end(core::time_point ended) noexcept {
    if (worker_.trim_due.when() == core::never) worker_.trim_due.set(ended + proxy::trim_interval);
}

}  // namespace gate::app
