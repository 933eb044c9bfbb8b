#pragma once
// Makes the rounds of a worker's sessions, so that exchanges which outlive the TTL are verified again: each
// session is visited once in an interval, a few at a time, so that no request has to wait for a round to end.
//
// A round costs some 10 ns for an idle session, and nothing where there are no sessions: then none is made.
// Not thread-safe: belongs to its worker.

#include <gate/auth/shared_state.hpp>
#include <gate/config/config.hpp>
#include <gate/core/list_walk.hpp>
#include <gate/net/deadline_wheel.hpp>
#include <gate/proxy/session.hpp>

#include <boost/intrusive/list.hpp>

#include <cstdint>
#include <functional>
#include <vector>

namespace gate::app {

using session_list = boost::intrusive::list<proxy::session, boost::intrusive::constant_time_size<false>>;

class token_rounds {
public:
    // All outlive this object, and this object the tasks of `executor`. Makes no rounds if
    // cache.verify_streams is off.
    token_rounds(core::executor executor, net::deadline_wheel& wheel, session_list& sessions,
                 const auth::shared_state& tokens, const config::cache_options& options);

    // There are sessions now.
    void begin() {
        if (enabled_ && idle_) wait_for_next();
    }

    // Makes a round as soon as none is under way, and calls `done` when it is over: nothing runs any more for
    // a token that had been withdrawn before this call. Where cache.verify_streams is off, that holds for
    // tokens that were revoked, and not for what was purged.
    void make_one_now(std::function<void()> done);

    // Other options from now on.
    void configure(const config::cache_options& options);

    // The policy has changed: makes a round in which every exchange is held against it, and calls `done` when
    // it is over: the streams that it refuses have ended. Also where no other rounds are made.
    void look_at_policy(std::function<void()> done);

    // To be called before `leaving` is taken off the list.
    void forget(const proxy::session& leaving) noexcept { walk_.forget(leaving); }

private:
    void wait_for_next();
    void ask_for_round(std::function<void()> done);
    void start();
    void go_on();
    void visit(proxy::session& each, core::time_point now);
    void finish();

    core::executor executor_;
    session_list& sessions_;
    const auth::shared_state& tokens_;
    core::list_walk<session_list> walk_;
    net::deadline next_round_;
    core::duration interval_;
    std::vector<std::function<void()>> asked_for_;    // a round that has still to start
    std::vector<std::function<void()>> waiting_for_;  // the one under way
    std::uint64_t withdrawals_;                       // that the round before knew of
    bool enabled_;
    bool idle_ = true;  // no round is under way, nor will there be one
    bool under_way_ = false;
    bool at_once_ = false;
    bool policy_is_new_ = false;    // since the last round began
    bool looks_at_policy_ = false;  // the round under way
};

}  // namespace gate::app
