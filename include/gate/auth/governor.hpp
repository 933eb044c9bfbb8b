#pragma once
// governor_core with a mutex, and the queue of those that wait until another call ends. Thread-safe.
//
// Lifetime: an executor handed to admit() must be usable until its wait is over, as with single_flight.

#include <gate/auth/governor_core.hpp>
#include <gate/core/asio.hpp>
#include <gate/core/mutex.hpp>
#include <gate/core/task.hpp>

#include <array>
#include <deque>
#include <functional>
#include <memory>

namespace gate::auth {

class governor {
    struct waiter;
    struct suspension;

public:
    // Is told of each call of which it is known now that it failed while others were answered. Called under
    // the lock, before anybody who waits has its turn: must not come back to the governor.
    using accuser = std::function<void(const failed_call&, core::time_point now)>;

    // At most max_waiting may wait, in each lane.
    governor(const governor_core::options& how, std::size_t max_waiting, std::uint64_t seed,
             accuser hold_against = {});
    ~governor();

    // See governor_core. A waiting call may start now.
    void configure(const governor_core::options& how, std::size_t max_waiting, core::time_point now);

    // As governor_core::ask; no call overtakes those that wait in the same lane.
    admission ask(lane which, const asker& who, core::time_point now);

    // Waits for an ask() that said so: never returns `wait`. Refused (gate_busy) when the queue is full, and
    // when `deadline` has passed by the time that a call has ended. Resumes on `executor`, whose thread must
    // be the calling one.
    // `objection`, if there is one, is asked when its turn has come, under the lock: refuse from it is the
    // answer.
    using veto = std::function<admission()>;
    core::task<admission> admit(lane which, asker who, core::executor executor, core::time_point now,
                                core::time_point deadline, veto objection = {});

    // As of governor_core; a waiting call may start now.
    void ended(lane which, const asker& who, const call_result& result, core::time_point now);
    void withdraw(lane which, const asker& who, core::time_point now);
    void key_changed(core::time_point now);
    void spent(core::time_point now);

    // Refuses all waiting and all later calls (draining). For the end of the program.
    void close();

    bool is_open(lane which) const;
    core::duration patience(lane which, const asker& who) const;
    bool may_retry(lane which, const asker& who, const call_result& result, core::time_point now);
    core::duration retry_delay();
    void rate_limited(std::chrono::seconds retry_after, core::time_point now);
    void pause(core::time_point until, core::time_point now);
    void told(unsigned limit, unsigned remaining, core::time_point asked, core::time_point now);
    void share_budget_with(unsigned replicas);
    std::chrono::seconds time_left(core::time_point now) const;

    struct statistics {
        std::size_t under_way = 0;
        std::size_t waiting = 0;
        bool known_circuit_is_open = false;
        bool unknown_circuit_is_open = false;
        std::array<std::uint64_t, lane_count> refused{};  // by lane
        std::array<std::uint64_t, lane_count> made{};     // calls that have ended, by lane
        std::uint64_t retries = 0;
        std::int64_t limit = 0;  // calls per window
    };
    statistics stats() const;

private:
    using queue = std::deque<std::shared_ptr<waiter>>;

    admission consult(lane which, const asker& who, core::time_point now) GATE_REQUIRES(mutex_);
    void note(lane which, const admission& answer) GATE_REQUIRES(mutex_);
    void serve(lane which, core::time_point now, queue& served) GATE_REQUIRES(mutex_);
    queue serve_all(core::time_point now) GATE_REQUIRES(mutex_);
    static void resume(queue served);

    const accuser hold_against_;
    mutable core::mutex mutex_;
    std::size_t max_waiting_ GATE_GUARDED_BY(mutex_);
    governor_core core_ GATE_GUARDED_BY(mutex_);
    std::array<queue, lane_count> waiting_ GATE_GUARDED_BY(mutex_);
    std::array<std::uint64_t, lane_count> refused_ GATE_GUARDED_BY(mutex_){};
    std::array<std::uint64_t, lane_count> made_ GATE_GUARDED_BY(mutex_){};
    std::uint64_t retries_ GATE_GUARDED_BY(mutex_) = 0;
    bool closed_ GATE_GUARDED_BY(mutex_) = false;
};

}  // namespace gate::auth
