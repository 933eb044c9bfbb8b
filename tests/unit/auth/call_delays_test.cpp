#include <gate/auth/call_delays.hpp>

#include <catch.hpp>
#include <token_keys.hpp>

using namespace gate::auth;
using namespace std::chrono_literals;
using gate::core::time_point;

namespace {

constexpr time_point start{1000s};
const auto key = key_number(1);

}  // namespace

TEST_CASE("a token whose calls fail alone is called for at longer and longer intervals") {
    call_delays subject;
    CHECK(subject.time_left(key, start) == 0s);
    auto now = start;
    for (const auto pause : {1s, 2s, 4s, 8s, 16s, 32s, 32s}) {
        subject.add(key, now, now + 10ms);
        CHECK(subject.time_left(key, now + 10ms) == pause);
        CHECK(subject.time_left(key, now + pause - 1ms) == 1s);
        now += pause;
        CHECK(subject.time_left(key, now) == 0s);
    }
    CHECK(subject.time_left(key_number(2), start) == 0s);
    subject.erase(key);
    subject.add(key, now, now);
    CHECK(subject.time_left(key, now) == 1s);
}

TEST_CASE("a known token is called for again after 4 s at most") {
    call_delays subject(100, call_delays::longest_pause_of_known);
    auto now = start;
    for (const auto pause : {1s, 2s, 4s, 4s, 4s}) {
        subject.add(key, now, now + 10ms);
        CHECK(subject.time_left(key, now + 10ms) == pause);
        now += pause;
    }
}

TEST_CASE("calls that were under way together delay the next one once") {
    call_delays subject;
    for (int i = 0; i < 5; ++i) subject.add(key, start, start + 100ms);
    CHECK(subject.time_left(key, start + 100ms) == 1s);
    subject.add(key, start - 5s, start + 200ms);
    CHECK(subject.time_left(key, start + 200ms) == 1s);
}

TEST_CASE("a call that has taken longer than the pause delays nothing") {
    call_delays subject;
    subject.add(key, start, start + 5s);
    CHECK(subject.time_left(key, start + 5s) == 0s);
}

TEST_CASE("rule 24: the table of delays has a bound") {
    call_delays subject(100);
    for (std::uint64_t i = 0; i < 10'000; ++i) subject.add(key_number(i), start, start);
    CHECK(subject.size() <= 100);
}
