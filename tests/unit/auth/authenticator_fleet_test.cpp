// Two replicas over one store in memory.
#include "fleet_world.hpp"

#include <gate/auth/authenticator.hpp>

#include <catch.hpp>
#include <memory>
#include <optional>
#include <vector>

using namespace gate;
using namespace std::chrono_literals;
using auth::cache_state;
using auth::decision;
using auth::fleet_turn;
using auth::verdict;
using auth::verification;
using core::reason;

namespace {

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

verification vouching() {
    verification out;
    out.status = 200;
    out.verdict = verdict::allow;
    out.reason = reason::token_verified;
    out.account_id = "gacct_1";
    return out;
}

verification answer(verdict what, reason why, int status = 200) {
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

    auth::time_source time() {
        auth::time_source out;
        out.now = [this] { return now; };
        out.wall_now = [this] {
            return core::wall_clock::time_point(now.time_since_epoch() + 1'700'000'000s);
        };
        out.sleep = [](core::executor, core::duration) -> core::task<> { co_return; };
        out.since_boot = [this] {
            return std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch());
        };
        return out;
    }
    void pass(std::chrono::microseconds span) {
        now += span;
        log.now += span;
    }
};

constexpr auth::key_id live{1};

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

}  // namespace

TEST_CASE_METHOD(fixture, "fleet: what one replica was told, all know without a call") {
    CHECK(a.verify().cache == cache_state::miss);
    b.store.deliver();
    const auto hit = b.find();
    REQUIRE(hit);
    CHECK(hit->identity.account_id() == "gacct_1");
    CHECK(hit->fresh_until == now + 60s);
    CHECK(b.verifier.calls == 0);
    CHECK(log.begins == 1);
}

TEST_CASE_METHOD(fixture, "fleet: a token that is asked about elsewhere is waited for, and costs one call") {
    a.verifier.hold = true;
    std::optional<decision> first;
    std::optional<decision> second;
    a.begin(first);
    b.begin(second);
    CHECK(a.verifier.calls == 1);
    CHECK_FALSE(second);
    a.verifier.release();
    context.restart();
    context.poll();
    REQUIRE(first);
    b.store.deliver();
    context.restart();
    context.poll();
    REQUIRE(second);
    CHECK(second->verdict == verdict::allow);
    CHECK(second->cache == cache_state::fleet);
    CHECK(b.verifier.calls == 0);
    CHECK(b.shared.calls.stats().under_way == 0);
}

TEST_CASE_METHOD(fixture, "fleet: one that waited may use an answer once that may not be used again") {
    a.verifier.next.no_store = true;
    a.verifier.next.max_age = 0s;
    a.verifier.hold = true;
    std::optional<decision> first;
    std::optional<decision> second;
    a.begin(first);
    b.begin(second);
    a.verifier.release();
    b.store.deliver();
    context.restart();
    context.poll();
    REQUIRE(second);
    CHECK(second->verdict == verdict::allow);
    CHECK_FALSE(b.find());
}

TEST_CASE_METHOD(fixture, "fleet: an answer that stands in the log is read, and costs no call") {
    a.verify();
    std::optional<decision> got;
    b.begin(got);
    CHECK_FALSE(got);
    b.store.deliver();
    context.restart();
    context.poll();
    REQUIRE(got);
    CHECK(got->verdict == verdict::allow);
    CHECK(b.verifier.calls == 0);
}

TEST_CASE_METHOD(fixture, "fleet: an answer in the log that is none here is ignored the next time") {
    a.verifier.next.max_age = 0s;
    a.verify();
    pass(10s);
    std::optional<decision> got;
    b.begin(got);
    b.store.deliver();
    context.restart();
    context.poll();
    REQUIRE(got);
    CHECK(b.verifier.calls == 1);
    CHECK(b.store.questions.back().ignored == "done 1");
}

TEST_CASE_METHOD(fixture, "fleet: a refusal is everywhere") {
    a.verifier.next = answer(verdict::deny, reason::token_revoked);
    CHECK(a.verify().verdict == verdict::deny);
    CHECK(a.store.results.front().is_waste);
    b.store.deliver();
    REQUIRE(b.find());
    CHECK(b.find()->reason == reason::token_revoked);
}

TEST_CASE_METHOD(fixture, "fleet: a revocation is everywhere, before the answer or after it") {
    a.verify();
    b.store.deliver();
    bool is_told = false;
    core::spawn([](replica& by, bool& out) -> core::task<> {
        const auto key = by.hasher.key_of("agt_a");
        const core::executor executor = by.of.context.get_executor();
        out = co_await by.member.publish_revocation(key, executor);
    }(a, is_told));
    CHECK(is_told);
    b.store.deliver();
    REQUIRE(b.find());
    CHECK(b.find()->reason == reason::token_revoked);
    CHECK(b.withdrawn == 1);
    b.store.read_again();
    b.store.deliver();
    CHECK(b.find()->reason == reason::token_revoked);
    CHECK(b.withdrawn == 1);
    replica late(*this);
    CHECK(late.find()->reason == reason::token_revoked);
    pass(69s);
    CHECK(late.find()->reason == reason::token_revoked);
    pass(2s);
    CHECK_FALSE(late.find());
}

TEST_CASE_METHOD(fixture, "fleet: a new replica uses no yes of the log before it has read all of it") {
    a.verify();
    replica late(*this);
    REQUIRE(late.find());
    late.member.connected();
    late.store.read_again();
    late.store.deliver();
    pass(60s);
    a.store.deliver();
    a.verify();
    late.store.deliver();
    CHECK_FALSE(late.find());
    late.member.caught_up();
    CHECK(late.find());
    CHECK(late.verifier.calls == 0);
}

TEST_CASE_METHOD(fixture,
                 "fleet [8]: a replica with another secret key believes nothing, and asks for itself") {
    replica other(*this, auth::key_id{9});
    a.verify();
    other.store.deliver();
    CHECK_FALSE(other.find());
    CHECK(other.verify().verdict == verdict::allow);
    CHECK(other.verifier.calls == 1);
    other.member.hold_keys({auth::key_id{9}, live});
    other.store.read_again();
    pass(1s);
    a.store.deliver();
}

TEST_CASE_METHOD(fixture, "fleet: without the store each replica asks for itself, and tells nobody") {
    a.store.is_away = true;
    CHECK(a.verify().verdict == verdict::allow);
    CHECK(a.verifier.calls == 1);
    CHECK(log.entries.empty());
    REQUIRE(a.find());
    CHECK(a.find()->age == 250ms);  // so much earlier it may have been, for others
}

TEST_CASE_METHOD(fixture, "fleet: who waits goes on alone when the store is late") {
    a.verifier.hold = true;
    std::optional<decision> first;
    std::optional<decision> second;
    a.begin(first);
    b.begin(second);
    b.store.is_away = true;
    b.member.away();
    context.restart();
    context.poll();
    REQUIRE(second);
    CHECK(second->verdict == verdict::allow);
    CHECK(b.verifier.calls == 1);
    a.verifier.release();
}

TEST_CASE_METHOD(fixture, "fleet: a call that fails wakes who waits, and one of them asks once more") {
    a.verifier.hold = true;
    a.verifier.next = answer(verdict::unavailable, reason::gate_failing, 500);
    std::optional<decision> first;
    std::optional<decision> second;
    a.begin(first);
    b.begin(second);
    a.verifier.release();
    b.store.deliver();
    context.restart();
    context.poll();
    REQUIRE(second);
    CHECK(second->verdict == verdict::allow);
    CHECK(b.verifier.calls == 1);
}

TEST_CASE_METHOD(fixture, "fleet: an early renewal waits for nobody") {
    a.verify();
    a.store.deliver();
    b.store.deliver();
    pass(59s);
    REQUIRE(b.find());
    CHECK(b.find()->refresh == false);  // once in a second
    a.verifier.hold = true;
    a.subject.refresh("agt_a", a.hasher.key_of("agt_a"));
    b.subject.refresh("agt_a", b.hasher.key_of("agt_a"));
    context.restart();
    context.run();
    CHECK(a.verifier.calls == 2);
    CHECK(b.verifier.calls == 0);
    CHECK(b.subject.under_way() == 0);
    a.verifier.release();
    b.store.deliver();
    REQUIRE(b.find());
    CHECK(b.find()->fresh_until == now + 60s);
}

TEST_CASE_METHOD(fixture, "fleet [6]: a budget that only the store says is spent costs no request") {
    fleet_turn spent;
    spent.step = fleet_turn::kind::later;
    spent.pause = 10s;
    a.store.said_instead = {spent};
    CHECK(a.verify().verdict == verdict::allow);
    CHECK(a.verifier.calls == 1);
}

TEST_CASE_METHOD(fixture, "fleet: a budget that is spent refuses a new token, and says for how long") {
    for (std::uint64_t i = 0; i < 300; ++i) {
        auth::fleet_message message;
        message.at = log.now - std::chrono::microseconds(i);
        message.token = auth::id_of(a.hasher.key_of("agt_b"));
        message.account = "gacct_1";
        message.verified_at = time().wall_now();
        message.keys = {live};
        log.add(message);
    }
    a.store.deliver();
    fleet_turn spent;
    spent.step = fleet_turn::kind::later;
    spent.pause = 10s;
    a.store.said_instead = {spent};
    const auto got = a.verify();
    CHECK(got.reason == reason::gate_budget_spent);
    CHECK(got.retry_after == 10s);
    CHECK(a.verifier.calls == 0);
    CHECK(a.shared.calls.stats().under_way == 0);
}

TEST_CASE_METHOD(fixture, "fleet: Gate's pause is everyone's") {
    a.verifier.next = answer(verdict::unavailable, reason::gate_rate_limited, 429);
    a.verifier.next.retry_after = 30s;
    a.verify();
    b.store.deliver();
    CHECK(b.shared.calls.time_left(now) >= 30s);
    const auto told = b.shared.calls.time_left(now);
    b.store.read_again();
    b.store.deliver();
    CHECK(b.shared.calls.time_left(now) == told);
}

TEST_CASE_METHOD(fixture, "fleet: blocks and liftings are everyone's, and the last one counts") {
    const auto tell = [](replica& by, core::time_point until) {
        core::spawn([](replica& of, core::time_point end) -> core::task<> {
            std::string account = "gacct_1";
            const core::executor executor = of.of.context.get_executor();
            co_await of.member.publish_block(std::move(account), end, executor);
        }(by, until));
    };
    tell(a, core::never);
    b.store.deliver();
    CHECK(b.subject.is_blocked("gacct_1", now));
    CHECK(b.withdrawn == 1);
    pass(1s);
    tell(b, now);
    a.store.deliver();
    b.store.deliver();
    CHECK_FALSE(a.subject.is_blocked("gacct_1", now));
    CHECK_FALSE(b.subject.is_blocked("gacct_1", now));
    replica late(*this);
    CHECK_FALSE(late.subject.is_blocked("gacct_1", now));
    CHECK(late.member.blocks().size() == 1);
}

TEST_CASE_METHOD(fixture,
                 "fleet: a purge is everywhere, and who comes after it joins no flight from before") {
    a.verify();
    b.store.deliver();
    pass(1s);
    core::spawn([](replica& of) -> core::task<> {
        std::string name;
        const core::executor executor = of.of.context.get_executor();
        co_await of.member.publish_purge(auth::purge_scope::kind::all, std::move(name), executor);
    }(a));
    a.store.deliver();
    b.store.deliver();
    CHECK_FALSE(a.find());
    CHECK_FALSE(b.find());
    b.store.read_again();
    b.store.deliver();
    CHECK_FALSE(b.find());
}

TEST_CASE_METHOD(fixture,
                 "fleet [4]: after a fail-over to a clock 40 s behind the later answer still counts") {
    a.verify();
    a.store.deliver();
    b.store.deliver();
    pass(10s);
    log.now -= 40s;
    a.store.sample();
    b.store.sample();
    pass(50s);
    a.verifier.next = answer(verdict::deny, reason::token_invalid);
    CHECK(a.verify().verdict == verdict::deny);
    b.store.deliver();
    REQUIRE(b.find());
    CHECK(b.find()->verdict == verdict::deny);
}
