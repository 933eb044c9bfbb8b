#pragma once
// Runs a few functions in every order that their steps can have. A step begins where a function is about to
// take a mutex, or to use an atomic, of scheduled_threads: what lies between two such places is seen by no
// other, so that there are no further orders. One thread runs at a time; the choices are replayed up to the
// last one that has an alternative, depth first.

#include <gate/core/mutex.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <semaphore>
#include <thread>
#include <vector>

#include <sched.h>

// Has the calling thread, and those that it starts, run on one CPU: to hand over to a thread on another one,
// and wake that, takes many times as long.
class on_one_cpu {
public:
    on_one_cpu() {
        const int current = ::sched_getcpu();
        if (current < 0 || ::sched_getaffinity(0, sizeof before_, &before_) != 0) return;
        cpu_set_t one;
        CPU_ZERO(&one);
        CPU_SET(static_cast<unsigned>(current), &one);
        is_pinned_ = ::sched_setaffinity(0, sizeof one, &one) == 0;
    }
    ~on_one_cpu() {
        if (is_pinned_) ::sched_setaffinity(0, sizeof before_, &before_);
    }
    on_one_cpu(const on_one_cpu&) = delete;
    on_one_cpu& operator=(const on_one_cpu&) = delete;

private:
    cpu_set_t before_{};
    bool is_pinned_ = false;
};

class all_orders {
public:
    explicit all_orders(std::size_t functions) {
        for (std::size_t i = 0; i < functions; ++i) actors_.push_back(std::make_unique<actor>(back_));
    }

    // Calls `make()` for fresh functions, runs them in the next order, and calls `check()`; until there is
    // no further order, or check() is false. How many orders were run.
    template <class Make, class Check>
    std::size_t run(Make&& make, Check&& check) {
        std::size_t count = 0;
        std::vector<choice> path;
        do {
            begin(make());
            follow(path);
            ++count;
        } while (check() && advance(path));
        return count;
    }

    // Where no further step was possible although not all functions had ended.
    bool has_deadlock() const noexcept { return has_deadlock_; }

    // Ends a step of the function that calls it; the next one begins when it is its turn, and `is_held` is
    // false. On a thread that is no function's: nothing.
    static void step(const bool* is_held = nullptr) {
        if (actor::current != nullptr) actor::current->wait_for_turn(is_held);
    }

private:
    struct actor {
        explicit actor(std::binary_semaphore& to_schedule) : back(to_schedule), thread([this] { live(); }) {}
        ~actor() {
            is_over = true;
            turn.release();
            thread.join();
        }
        actor(const actor&) = delete;
        actor& operator=(const actor&) = delete;

        void live() {
            current = this;
            for (turn.acquire(); !is_over; turn.acquire()) {
                function();
                is_done = true;
                back.release();
            }
        }
        void wait_for_turn(const bool* is_held) {
            blocked_by = is_held;
            back.release();
            turn.acquire();
        }
        bool can_go_on() const { return !is_done && (blocked_by == nullptr || !*blocked_by); }

        static inline thread_local actor* current = nullptr;

        std::binary_semaphore& back;
        std::binary_semaphore turn{0};
        std::function<void()> function;
        const bool* blocked_by = nullptr;
        bool is_done = false;
        bool is_over = false;
        std::thread thread;
    };
    struct choice {
        std::size_t taken = 0;
        std::size_t of = 0;
    };

    void give_turn(actor& to) {
        to.blocked_by = nullptr;
        to.turn.release();
        back_.acquire();
    }

    // What a function does before its first step is seen by no other.
    void begin(std::vector<std::function<void()>> functions) {
        for (std::size_t i = 0; i < actors_.size(); ++i) {
            actors_[i]->function = std::move(functions.at(i));
            actors_[i]->is_done = false;
            give_turn(*actors_[i]);
        }
    }

    void follow(std::vector<choice>& path) {
        for (std::size_t depth = 0;; ++depth) {
            std::vector<actor*> ready;
            for (const auto& each : actors_)
                if (each->can_go_on()) ready.push_back(each.get());
            if (ready.empty()) break;
            if (depth == path.size()) path.push_back({0, ready.size()});
            give_turn(*ready[path[depth].taken]);
        }
        for (const auto& each : actors_) has_deadlock_ = has_deadlock_ || !each->is_done;
    }

    static bool advance(std::vector<choice>& path) {
        while (!path.empty() && path.back().taken + 1 == path.back().of) path.pop_back();
        if (!path.empty()) ++path.back().taken;
        return !path.empty();
    }

    const on_one_cpu cpu_;  // first: before the threads begin
    std::binary_semaphore back_{0};
    bool has_deadlock_ = false;
    std::vector<std::unique_ptr<actor>> actors_;  // last: their threads end first
};

// In place of real threads: see basic_token_facts.
struct scheduled_threads {
    class GATE_THREAD_ANNOTATION(capability("mutex")) mutex {
    public:
        void lock() GATE_THREAD_ANNOTATION(acquire_capability()) {
            all_orders::step(&is_held_);
            is_held_ = true;
        }
        void unlock() GATE_THREAD_ANNOTATION(release_capability()) { is_held_ = false; }

    private:
        bool is_held_ = false;
    };

    template <class T>
    class atomic {
    public:
        atomic(T value) : value_(value) {}
        T load() const {
            all_orders::step();
            return value_;
        }
        void store(T value) {
            all_orders::step();
            value_ = value;
        }
        T fetch_add(T more) {
            all_orders::step();
            const T before = value_;
            value_ += more;
            return before;
        }
        bool compare_exchange_weak(T& expected, T desired) {
            all_orders::step();
            const bool same = value_ == expected;
            (same ? value_ : expected) = same ? desired : value_;
            return same;
        }

    private:
        T value_;
    };
};
