#pragma once
// What the log of the fleet says of a token: for `verify` and `explain`, which run beside the replicas. The
// store is read once, and what is read is folded as each replica folds it. Gate is not asked.

#include <gate/config/config.hpp>
#include <gate/core/reason.hpp>

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

namespace gate::app {

struct fleet_word {
    enum class kind {
        nothing,   // it is not there, or of long ago
        accepted,  // by Gate
        refused,   // by Gate
        revoked,   // by an operator, and the revocation still counts
    };
    // Why the store could not be asked. "": it was, and the rest counts.
    std::string trouble;
    unsigned replicas = 0;  // that share the store
    kind state = kind::nothing;
    core::reason refused_for = core::reason::none;  // of refused
    std::string account;                            // of accepted
    bool is_blocked = false;                        // of accepted: the account, by an operator
    bool is_purged = false;                         // of accepted: replicas ask Gate again
    std::chrono::seconds age{0};   // since Gate was asked, or the token revoked; of all but nothing
    std::chrono::seconds left{0};  // for which replicas use Gate's answer; 0: no longer
};

// Takes 5 s at most. Precondition: options.fleet.is_on(). `token`: empty: only whether the store answers.
fleet_word ask_fleet(const config::config& options, std::string_view token);

// What every replica that hears the log refuses the token for. None: it does not refuse it.
core::reason refusal_in(const fleet_word& word);
// Whether every replica that hears the log accepts the token, and Gate is not asked.
bool is_accepted_by(const fleet_word& word);

// A sentence without a full stop, for people: what the log says of the token, or why the store cannot be
// asked.
std::string text_of(const fleet_word& word);
// The same of the store alone: "the store answers; 3 replicas share it".
std::string store_text_of(const fleet_word& word);

}  // namespace gate::app
