#include <gate/auth/governor.hpp>

#include <catch.hpp>
#include <token_keys.hpp>
#include <vector>

using namespace gate;
using namespace std::chrono_literals;
using auth::admission;
using auth::lane;
using core::reason;
using kind = admission::kind;

namespace {

struct fixture {
    static core::task<> store(core::task<admission> work, std::vector<admission>& out) {
        auto got = co_await std::move(work);
        out.push_back(got);
    }
    void queue_up(lane which, core::time_point deadline = core::never) {
        core::spawn(store(subject.admit(which, who, context.get_executor(), now, deadline), admitted));
    }
    void end_one(lane which = lane::known) {
        auth::call_result good;
        good.reason = reason::token_verified;
        subject.ended(which, who, good, now);
        context.restart();
        context.run();
    }

    const auth::asker who{key_number(1), {}};
    core::time_point now{1000s};
    core::asio::io_context context{1};
    auth::governor subject{{{}, {}, 2}, 2, 1};
    std::vector<admission> admitted;
};

}  // namespace

TEST_CASE_METHOD(fixture, "who has to wait is let go when a call ends, in order") {
    REQUIRE(subject.ask(lane::known, who, now).step == kind::go);
    REQUIRE(subject.ask(lane::known, who, now).step == kind::go);
    CHECK(subject.ask(lane::known, who, now).step == kind::wait);
    queue_up(lane::known);
    queue_up(lane::known);
    CHECK(admitted.empty());
    CHECK(subject.stats().waiting == 2);
    end_one();
    REQUIRE(admitted.size() == 1);
    CHECK(admitted[0].step == kind::go);
    CHECK(subject.ask(lane::known, who, now).step == kind::wait);
    end_one();
    CHECK(admitted.size() == 2);
    CHECK(subject.stats().waiting == 0);
    CHECK(subject.stats().under_way == 2);
}

TEST_CASE_METHOD(fixture, "nobody overtakes those who wait") {
    subject.ask(lane::known, who, now);
    subject.ask(lane::known, who, now);
    queue_up(lane::known);
    end_one();
    end_one();
    CHECK(subject.ask(lane::known, who, now).step == kind::go);
    queue_up(lane::known);
    CHECK(subject.ask(lane::known, who, now).step == kind::wait);
    end_one();
}

TEST_CASE_METHOD(fixture, "at the end of the program nobody is left waiting, and nobody is let go") {
    subject.ask(lane::known, who, now);
    subject.ask(lane::known, who, now);
    queue_up(lane::known);
    subject.close();
    context.run();
    REQUIRE(admitted.size() == 1);
    CHECK(admitted[0].step == kind::refuse);
    CHECK(admitted[0].reason == reason::draining);
    end_one();
    CHECK(subject.ask(lane::known, who, now).reason == reason::draining);
}

TEST_CASE_METHOD(fixture, "rule 24: the queue has an end, and who does not fit is refused at once") {
    subject.ask(lane::known, who, now);
    subject.ask(lane::known, who, now);
    for (int i = 0; i < 3; ++i) queue_up(lane::known);
    REQUIRE(admitted.size() == 1);
    CHECK(admitted[0].step == kind::refuse);
    CHECK(admitted[0].reason == reason::gate_busy);
    CHECK(subject.stats().refused[static_cast<std::size_t>(lane::known)] == 1);
    end_one();
    end_one();
}

TEST_CASE_METHOD(fixture, "calls are counted by lane when they have ended, and only those that were made") {
    const auto made = [this](lane which) { return subject.stats().made[static_cast<std::size_t>(which)]; };
    subject.ask(lane::known, who, now);
    CHECK(made(lane::known) == 0);
    end_one();
    CHECK(made(lane::known) == 1);
    subject.ask(lane::known, who, now);
    subject.withdraw(lane::known, who, now);
    CHECK(made(lane::known) == 1);
    CHECK(made(lane::unknown) == 0);
}

TEST_CASE_METHOD(fixture, "who has waited beyond its deadline is refused") {
    subject.ask(lane::known, who, now);
    subject.ask(lane::known, who, now);
    queue_up(lane::known, now + 5s);
    queue_up(lane::known, now + 7s);
    now += 6s;
    end_one();
    REQUIRE(admitted.size() == 2);
    CHECK(admitted[0].step == kind::refuse);
    CHECK(admitted[1].step == kind::go);
}

TEST_CASE_METHOD(fixture, "known tokens go before unknown ones") {
    auth::governor narrow{{{}, {}, 1}, 2, 1};
    REQUIRE(narrow.ask(lane::known, who, now).step == kind::go);
    std::vector<admission> unknown;
    core::spawn(store(narrow.admit(lane::unknown, who, context.get_executor(), now, core::never), unknown));
    core::spawn(store(narrow.admit(lane::known, who, context.get_executor(), now, core::never), admitted));
    narrow.ended(lane::known, who, {}, now);
    context.run();
    CHECK(admitted.size() == 1);
    CHECK(unknown.empty());
    narrow.ended(lane::known, who, {}, now);
    context.restart();
    context.run();
    CHECK(unknown.size() == 1);
    narrow.ended(lane::unknown, who, {}, now);
}

TEST_CASE_METHOD(fixture, "a 429 turns away those who wait") {
    subject.ask(lane::known, who, now);
    subject.ask(lane::known, who, now);
    queue_up(lane::known);
    auth::call_result limited;
    limited.reason = reason::gate_rate_limited;
    limited.retry_after = 7s;
    subject.ended(lane::known, who, limited, now);
    context.run();
    REQUIRE(admitted.size() == 1);
    CHECK(admitted[0].reason == reason::gate_rate_limited);
    CHECK(admitted[0].retry_after >= 7s);
    CHECK(subject.time_left(now) == admitted[0].retry_after);
}

TEST_CASE_METHOD(fixture, "a new key lets those who wait go") {
    subject.ask(lane::known, who, now);
    subject.ask(lane::known, who, now);
    queue_up(lane::known);
    subject.key_changed(now);
    CHECK(admitted.empty());  // nothing has ended
    end_one();
    CHECK(admitted.size() == 1);
}
