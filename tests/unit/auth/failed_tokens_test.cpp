#include <gate/auth/failed_tokens.hpp>
#include <gate/auth/rolling_count.hpp>

#include <catch.hpp>

using namespace gate::auth;
using namespace std::chrono_literals;
using gate::core::time_point;

namespace {

const time_point start{1000s};

client_id client_number(int number) {
    client_id out;
    out.bytes[15] = static_cast<std::uint8_t>(number);
    return out;
}

}  // namespace

TEST_CASE("an address may fail so often in a window, then once in a while") {
    failed_tokens subject({.tokens = 3, .window = 60s, .clients = 10}, 1);
    const auto who = client_number(1);
    for (int i = 0; i < 3; ++i) {
        CHECK(subject.time_left(who, start) == 0s);
        subject.add(who, start);
    }
    CHECK(subject.time_left(who, start) == 20s);
    CHECK(subject.time_left(who, start + 19'001ms) == 1s);
    CHECK(subject.time_left(who, start + 20s) == 0s);
    subject.add(who, start + 20s);
    CHECK(subject.time_left(who, start + 20s) == 20s);
    CHECK(subject.time_left(client_number(2), start) == 0s);
    CHECK(subject.time_left(who, start + 80s) == 0s);
    for (int i = 0; i < 2; ++i) {
        subject.add(who, start + 80s);
        CHECK(subject.time_left(who, start + 80s) == 0s);
    }
}

TEST_CASE("calls that were under way together do not shut an address out for longer than a window") {
    failed_tokens subject({.tokens = 3, .window = 60s, .clients = 10}, 1);
    for (int i = 0; i < 100; ++i) subject.add(client_number(1), start);
    CHECK(subject.time_left(client_number(1), start) == 20s);
}

TEST_CASE("rule 24: of too many clients the one that has not failed for longest is forgotten") {
    failed_tokens subject({.tokens = 1, .window = 60s, .clients = 3}, 1);
    for (const int number : {1, 2, 3, 1, 4}) subject.add(client_number(number), start);
    CHECK(subject.clients() == 3);
    CHECK(subject.time_left(client_number(2), start) == 0s);
    for (const int number : {1, 3, 4}) CHECK(subject.time_left(client_number(number), start) > 0s);
}

TEST_CASE("no tokens: no limit, and nothing is remembered") {
    failed_tokens subject({.tokens = 0, .window = 60s, .clients = 3}, 1);
    for (int i = 0; i < 100; ++i) subject.add(client_number(1), start);
    CHECK(subject.time_left(client_number(1), start) == 0s);
    CHECK(subject.clients() == 0);
}

TEST_CASE("a rolling count forgets what is older than its window, and nothing that is younger") {
    rolling_count subject(60s);
    for (int i = 0; i < 10; ++i) subject.add(start);
    subject.add(start + 30s);
    CHECK(subject.total(start + 59'999ms) == 11);
    CHECK(subject.next_decrease(start + 40s) > start + 60s);
    CHECK(subject.next_decrease(start + 40s) <= start + 61s);
    CHECK(subject.total(start + 61s) == 1);
    CHECK(subject.total(start + 92s) == 0);
    CHECK(subject.next_decrease(start + 92s) == start + 92s);
    subject.add(start + 1000h);
    CHECK(subject.total(start + 1000h) == 1);
    CHECK(subject.total(start) == 1);  // a reader that is late
}
