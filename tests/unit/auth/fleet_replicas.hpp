#pragma once
// Two replicas over one store in memory.
#include "fleet_world.hpp"

#include <gate/auth/authenticator.hpp>

#include <catch.hpp>
#include <memory>
#include <optional>
#include <vector>

namespace fleet_tests {

using namespace gate;
using namespace std::chrono_literals;
using auth::cache_state;
using auth::decision;
using auth::fleet_turn;
using auth::verdict;
using auth::verification;
using core::reason;

// Answers when the test says so.
class held_verifier : public auth::token_verifier {
public:
    core::task<verification> verify(core::secret_string, core::time_point, auth::attempt) override {
        ++calls;
        if (hold) co_await parking{*this};
        co_return next;
    }
    void release() {
        for (const auto each : std::exchange(parked_, {})) each.resume();
    }

    int calls = 0;
    bool hold = false;
    verification next;

private:
    struct parking {
        held_verifier& self;
        bool await_ready() const noexcept { return false; }
        void await_suspend(std::coroutine_handle<> waiting) { self.parked_.push_back(waiting); }
        void await_resume() const noexcept {}
    };
    std::vector<std::coroutine_handle<>> parked_;
};

inline verification vouching() {
    verification out;
    out.status = 200;
    out.verdict = verdict::allow;
    out.reason = reason::token_verified;
    out.account_id = "gacct_1";
    return out;
}

inline verification answer(verdict what, reason why, int status = 200) {
    verification out;
    out.status = status;
    out.verdict = what;
    out.reason = why;
    return out;
}

struct world {
    core::time_point now{1000s};
    core::asio::io_context context{1};
    fleet_log_in_memory log;
    std::chrono::microseconds slept{0};  // while the steady clock stood still

    auth::time_source time() {
        auth::time_source out;
        out.now = [this] { return now; };
        out.wall_now = [this] {
            return core::wall_clock::time_point(now.time_since_epoch() + slept + 1'700'000'000s);
        };
        out.sleep = [](core::executor, core::duration) -> core::task<> { co_return; };
        out.since_boot = [this] {
            return std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch()) + slept;
        };
        return out;
    }
    void pass(std::chrono::microseconds span) {
        now += span;
        log.now += span;
    }
};

inline constexpr auth::key_id live{1};

struct replica {
    world& of;
    config::cache_options cache;
    config::gate_options gate;
    config::limit_options limits{};
    int withdrawn = 0;
    held_verifier verifier;
    auth::shared_state shared;
    auth::fleet_member member;
    fleet_in_memory store;
    auth::authenticator subject;
    auth::token_hasher hasher;

    explicit replica(world& in, auth::key_id secret_key = live, config::cache_options how = {})
        : of(in),
          cache(how),
          shared(cache, gate, limits, {}, in.time(), 7),
          member(shared, names(), cache, gate, {.withdrawn = [this] { ++withdrawn; }, .log = {}}),
          store(in.log, member, in.time()),
          subject(shared, verifier, in.context.get_executor(), cache, gate, {}),
          hasher(names()) {
        verifier.next = vouching();
        member.join(store);
        member.hold_keys({secret_key});
        shared.fleet = &member;
        store.connect();
    }

    static auth::process_key names() {
        std::array<std::uint8_t, 32> bytes;
        bytes.fill(7);
        return auth::process_key(bytes);
    }

    static core::task<> keep(core::task<decision> work, std::optional<decision>& out) {
        out = co_await std::move(work);
    }
    void begin(std::optional<decision>& out, std::string_view token = "agt_a") {
        core::spawn(keep(subject.verify(token, hasher.key_of(token), auth::client_id{}, core::never), out));
        of.context.restart();
        of.context.poll();
    }
    decision verify(std::string_view token = "agt_a") {
        std::optional<decision> out;
        begin(out, token);
        of.context.restart();
        of.context.run();
        REQUIRE(out);
        return *out;
    }
    std::optional<decision> find(std::string_view token = "agt_a") {
        return subject.find(hasher.key_of(token), of.now);
    }
};

struct fixture : world {
    replica a{*this};
    replica b{*this};
};

}  // namespace fleet_tests
