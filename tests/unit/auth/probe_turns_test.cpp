#include <gate/auth/probe_turns.hpp>

#include <catch.hpp>

using namespace gate::auth;
using namespace std::chrono_literals;
using gate::core::time_point;

namespace {

client_id network(std::uint8_t number) {
    client_id out;
    out.bytes[0] = number;
    return out;
}

struct fixture {
    // Asks for a turn; whether it was granted. Then the probe fails, and the next one is due in a second.
    bool probe(std::uint8_t number) {
        if (subject.turn_of(network(number), due, now) > now) return false;
        subject.note_probe(network(number), now);
        due = now + 1s;
        return true;
    }
    // How many of its requests, ten in a second, are probes until `until`.
    int insist(std::uint8_t number, time_point until) {
        int made = 0;
        for (; now < until; now += 100ms) made += probe(number) ? 1 : 0;
        return made;
    }

    time_point now{1000s};
    time_point due = now;
    probe_turns subject{1s};
};

}  // namespace

TEST_CASE_METHOD(fixture, "a network that is alone probes whenever a probe is due") {
    CHECK(insist(1, now + 20s) == 20);
}

TEST_CASE_METHOD(fixture, "rule 27: a network that has probed in vain gives way to one that waits") {
    CHECK(insist(1, now + 4'500ms) == 5);
    CHECK_FALSE(probe(2));
    now = due;
    CHECK_FALSE(probe(1));
    CHECK(insist(1, due + 1s) == 0);
    CHECK(probe(2));
    CHECK(insist(1, due + 1s) == 1);  // nobody waits any more
}

TEST_CASE_METHOD(fixture, "a network whose probe is not sent is as good as before") {
    subject.note_probe(network(1), now);
    subject.take_back(network(1));
    subject.take_back(network(3));  // of which nothing is known
    due = now + 1s;
    CHECK_FALSE(probe(2));
    now += 100ms;
    CHECK(subject.turn_of(network(1), due, now) == due);
}

TEST_CASE_METHOD(fixture,
                 "rule 27: a turn is kept for one that waits longer than the pause after one probe") {
    CHECK(probe(1));
    CHECK_FALSE(probe(2));
    const auto turn = due + probe_turns::kept_turn;
    now = due + 1'200ms;
    CHECK_FALSE(probe(1));
    now = turn;
    CHECK(probe(1));
}

TEST_CASE_METHOD(fixture,
                 "rule 27: networks that insist leave most turns to those that have not probed yet") {
    int taken = 0;
    for (const auto end = now + 60s; now < end; now += 10ms) {
        for (std::uint8_t each = 1; each <= 8; ++each) taken += probe(each) ? 1 : 0;
    }
    CHECK(taken >= 14);
    CHECK(taken <= 26);
    for (std::uint8_t newcomer = 100; newcomer < 120; ++newcomer) {
        const auto came = now;
        auto next_try = now;
        bool was_served = false;
        for (; !was_served && now < came + 3s; now += 10ms) {
            for (std::uint8_t each = 1; each <= 8; ++each) probe(each);
            if (now < next_try) continue;
            was_served = probe(newcomer);
            next_try = now + 1s;  // as Retry-After says
        }
        CHECK(was_served);
        CHECK(now - came <= 1'100ms);
    }
}

TEST_CASE_METHOD(fixture,
                 "rule 27: who insists from networks that have not probed yet gives way to a newcomer") {
    CHECK(probe(1));
    for (const auto end = now + 900ms; now < end; now += 10ms) {
        for (std::uint8_t each = 2; each <= 40; ++each) CHECK_FALSE(probe(each));
    }
    CHECK_FALSE(probe(100));
    const auto comes_back = now + 1s;  // as Retry-After says
    for (; now < comes_back; now += 10ms) {
        for (std::uint8_t each = 2; each <= 40; ++each) CHECK_FALSE(probe(each));
    }
    CHECK(probe(100));
}

TEST_CASE_METHOD(fixture, "a turn that nobody comes back for is anybody's, so that an outage ends") {
    int made = 0;
    std::uint8_t number = 0;
    for (const auto end = now + 60s; now < end; now += 300ms) made += probe(++number) ? 1 : 0;
    CHECK(made >= 15);
    insist(1, now + 5s);
    probe(2);  // and never again
    const auto asked = now;
    while (!probe(1)) now += 100ms;
    CHECK(now - asked <= 5s);
}

TEST_CASE_METHOD(fixture, "an answer has all begin anew") {
    insist(1, now + 10s);
    probe(2);
    subject.reset();
    now = due;
    CHECK(probe(1));
}

TEST_CASE_METHOD(fixture, "rule 24: more networks than are remembered are served in no order") {
    for (int i = 0; i < 255; ++i, now += 10ms) probe(static_cast<std::uint8_t>(i));
    now = due;
    CHECK(probe(255));
}
