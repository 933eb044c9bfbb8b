#include <gate/auth/failure_comparison.hpp>

#include <algorithm>

namespace gate::auth {

void failure_comparison::recent::add(const failed_call& call) {
    calls[next] = call;
    next = (next + 1) % max_failures;
    size = std::min(size + 1, max_failures);
}

core::time_point failure_comparison::last_answer_to_another(const token_key& token) const noexcept {
    return last_.token == token ? last_of_another_.at : last_.at;
}

void failure_comparison::note_failure(const failed_call& call, held& out) {
    if (last_answer_to_another(call.asker.token) >= call.began) {
        out.push_back(call);
    } else {
        (call.which == lane::unknown ? unknown_ : known_).add(call);
    }
}

void failure_comparison::note_answer(const token_key& token, core::time_point now, held& out) {
    if (last_.token != token) last_of_another_ = last_;
    last_ = {token, now};
    for (auto* each : {&known_, &unknown_}) {
        for (std::size_t i = 0; i < each->size; ++i) {
            const auto& call = each->calls[i];
            if (call.asker.token != token && now - call.ended <= comparable) out.push_back(call);
        }
        each->size = each->next = 0;
    }
}

void failure_comparison::forget() noexcept {
    known_.size = known_.next = 0;
    unknown_.size = unknown_.next = 0;
}

}  // namespace gate::auth
