// A circuit for each lane, and whom failures are held against.
#include "governor_fixture.hpp"

#include <catch.hpp>

using namespace governor_tests;

namespace {

asker number(std::uint64_t token, std::uint64_t address) {
    return {key_number(token), fixture::client(address)};
}

}  // namespace

TEST_CASE_METHOD(fixture, "rule 28: failures for a single known token open the circuit to nobody else") {
    const auto odd = number(500, 1);
    CHECK([&] {
        int made = 0;
        while (made < 100 && call(lane::known, odd, failed())) ++made;
        return made;
    }() == 5);
    CHECK_FALSE(subject.is_open(lane::known));
    CHECK(subject.ask(lane::known, odd, now).reason == reason::gate_failing);
    CHECK(subject.patience(lane::known, odd) == 3s);
    CHECK(call(lane::unknown));
    CHECK(call(lane::known, odd, failed()));  // others were answered: it begins to count anew
}

TEST_CASE_METHOD(fixture, "a quiet replica with one token leaves Gate alone but for probes all the same") {
    const auto only = number(500, 1);
    while (call(lane::known, only, failed())) continue;
    now += 999ms;
    CHECK_FALSE(call(lane::known, only, failed()));
    now += 1ms;
    CHECK(call(lane::known, only, failed()));
    CHECK_FALSE(call(lane::known, only, failed()));
    now += 1s;
    CHECK(call(lane::known, only));
    CHECK(call(lane::known, only));
}

TEST_CASE_METHOD(fixture,
                 "rule 28: the known circuit opens when calls for two tokens have failed, and not before") {
    for (int i = 0; i < 20; ++i) call(lane::known, number(500, 1), failed());
    CHECK_FALSE(subject.is_open(lane::known));
    CHECK(call(lane::known, number(501, 1), failed()));
    CHECK(subject.is_open(lane::known));
    CHECK(subject.is_open(lane::unknown));
    CHECK(ask_about(lane::known).reason == reason::gate_failing);
    CHECK(ask_about(lane::unknown).reason == reason::gate_failing);
}

TEST_CASE_METHOD(fixture, "rule 28: failures in the unknown lane close that lane alone") {
    CHECK(calls(lane::unknown, 100, failed()) == 8);  // eight addresses
    CHECK(subject.is_open(lane::unknown));
    CHECK_FALSE(subject.is_open(lane::known));
    CHECK(calls(lane::known, 10, failed()) == 5);
    CHECK(subject.is_open(lane::known));
}

TEST_CASE_METHOD(fixture, "rule 28: an address whose unknown tokens fail closes the lane to itself alone") {
    std::uint64_t made = 0;
    while (made < 100 && call(lane::unknown, number(1000 + made, 1), failed())) ++made;
    CHECK(made == 5);
    CHECK(subject.is_open(lane::unknown));
    CHECK(subject.ask(lane::unknown, number(2000, 1), now).retry_after == 1s);
    CHECK(call(lane::unknown, number(2001, 2)));
    CHECK_FALSE(subject.is_open(lane::unknown));
}

TEST_CASE_METHOD(fixture, "in an outage each further address finds out by one call, until all are refused") {
    int made = 0;
    for (std::uint64_t address = 1; address < 100; ++address) {
        for (std::uint64_t token = 0; token < 10; ++token)
            made += call(lane::unknown, number(address * 100 + token, address), failed()) ? 1 : 0;
    }
    CHECK(made == 5 + 7);
    now += 1s;
    CHECK(call(lane::unknown, number(1, 77)));
    CHECK_FALSE(subject.is_open(lane::unknown));
    CHECK(ask(lane::unknown) == kind::go);  // no head start for known tokens, which have missed nothing
}

TEST_CASE_METHOD(fixture,
                 "rule 27: who sends odd tokens does not have all probes of the closed unknown lane") {
    const auto attack = [&] {
        for (std::uint64_t each = 1; each <= 8; ++each)
            call(lane::unknown,
                 number(static_cast<std::uint64_t>(now.time_since_epoch().count()) + each, each), failed());
    };
    for (const auto end = now + 20s; now < end; now += 50ms) attack();
    REQUIRE(subject.is_open(lane::unknown));
    const auto good = number(5, 5000);
    const auto came = now;
    while (!call(lane::unknown, good, failed())) {
        for (const auto next_try = now + 1s; now < next_try; now += 50ms) attack();
    }
    CHECK(now - came <= 1s);
}

TEST_CASE_METHOD(fixture, "a probe in the unknown lane does not take the turn of a known token") {
    calls(lane::known, 100, failed());
    now += 1'500ms;
    REQUIRE(call(lane::unknown, failed()));
    CHECK(call(lane::known, failed()));
    now += 1s;
    CHECK_FALSE(call(lane::unknown, failed()));
    now += 500ms;
    CHECK(call(lane::unknown, failed()));
}

TEST_CASE_METHOD(fixture,
                 "rule 28: what fails while others are answered is held against its token and address") {
    const auto odd = number(500, 1);
    REQUIRE(call(lane::unknown, odd, failed(reason::gate_failing)));
    CHECK(held.empty());
    REQUIRE(call(lane::unknown, number(501, 2)));
    REQUIRE(held.size() == 1);
    CHECK(held[0].asker.token == odd.token);
    CHECK(held[0].asker.from == odd.from);
    CHECK(held[0].began == now - 20ms);
    CHECK_FALSE(held[0].is_counted);
    now += 10ms;
    REQUIRE(call(lane::known, odd, failed(reason::gate_timeout)));
    CHECK(held.size() == 1);
}

TEST_CASE_METHOD(fixture,
                 "nobody is blamed for an outage, for our own key, or for a call that was not sent") {
    calls(lane::known, 100, failed());
    REQUIRE(subject.is_open(lane::known));
    now += 1s;
    REQUIRE(call(lane::known));
    CHECK(held.empty());
    auto not_sent = failed();
    not_sent.was_sent = false;
    for (const auto& each : {failed(reason::gate_key_refused), failed(reason::internal_error), not_sent}) {
        REQUIRE(call(lane::known, each));
        REQUIRE(call(lane::known));
        CHECK(held.empty());
    }
}

TEST_CASE_METHOD(fixture, "rule 28: what a firewall says of one token is no answer of Gate's") {
    auto odd = failed(reason::gate_bad_answer);
    odd.status = 403;
    calls(lane::known, 100, failed());
    now += 1s;
    REQUIRE(call(lane::known, odd));
    CHECK(subject.is_open(lane::known));
    subject.key_changed();
    REQUIRE(call(lane::unknown, failed()));
    REQUIRE(call(lane::unknown, odd));
    CHECK(held.empty());
    REQUIRE(call(lane::unknown));
    CHECK(held.size() == 2);
    CHECK(held[1].is_counted);
}

TEST_CASE_METHOD(fixture, "a 429 that is not Gate's is a failure like any other, and pauses nothing") {
    auto foreign = failed(reason::gate_bad_answer);
    foreign.status = 429;
    foreign.retry_after = 86'400s;
    CHECK(calls(lane::known, 4, foreign) == 4);
    CHECK(subject.time_left(now) == 0s);
    CHECK(call(lane::known, foreign));
    CHECK(subject.is_open(lane::known));
}

TEST_CASE_METHOD(fixture,
                 "Gate's own 429 is obeyed to its end, at most an hour, and no probe is sent meanwhile") {
    calls(lane::known, 100, failed());
    REQUIRE(subject.is_open(lane::known));
    subject.rate_limited(86'400s, now);
    const auto closed = now;
    for (; now < closed + 1h; now += 500ms) {
        for (const auto which : {lane::known, lane::unknown, lane::refresh})
            REQUIRE(ask_about(which).reason == reason::gate_rate_limited);
    }
    now += spread;
    CHECK(ask(lane::known) == kind::go);
}

TEST_CASE_METHOD(fixture, "what was tried twice is not tried again") {
    auto lost = failed();
    lost.retryable = lost.repeated = true;
    CHECK_FALSE(subject.may_retry(lane::known, next(), lost, now));
    lost.repeated = false;
    CHECK(subject.may_retry(lane::known, next(), lost, now));
}
