#include <gate/proxy/pace.hpp>

#include <catch.hpp>

using namespace gate;
using namespace std::chrono_literals;
using proxy::pace;

namespace {

const auto start = core::time_point{} + 1h;

bool is_too_slow(const pace& client) {
    return client.deadline(start) <= start;
}

}  // namespace

TEST_CASE("rule 27: a client that drips is too slow once it has kept us waiting for its patience") {
    pace drip(500, 30s);
    drip.wait(20s);
    drip.move(1);
    CHECK_FALSE(is_too_slow(drip));
    CHECK(drip.deadline(start) == start + 10s);
    drip.wait(10s);
    CHECK(is_too_slow(drip));
    CHECK(drip.deadline(start) == start);
}

TEST_CASE("rule 27: a client below the rate is too slow, one at the rate is not") {
    const auto [bytes, slow] = GENERATE(table<std::size_t, bool>({{499, true}, {500, true}, {501, false}}));
    INFO(bytes << " bytes a second");
    pace client(500, 30s);
    for (int second = 0; second < 60; ++second) {
        client.wait(1s);
        client.move(bytes);
    }
    CHECK(is_too_slow(client) == slow);
}

TEST_CASE("what a client has moved pays for waiting that comes later") {
    pace client(500, 30s);
    client.move(10'000);
    client.wait(15s);
    client.move(10'000);
    CHECK(client.deadline(start) == start + 25s);
    client.wait(24s);
    CHECK_FALSE(is_too_slow(client));
    CHECK(client.deadline(start) == start + 1s);
    client.move(250);
    CHECK(client.deadline(start) == start + 1500ms);
}

TEST_CASE("rule 27: a burst pays for no more waiting than the patience, whenever it comes") {
    pace client(500, 30s);
    client.move(2'000'000);
    CHECK(client.deadline(start) == start + 30s);
    client.wait(20s);
    CHECK(client.deadline(start) == start + 10s);
    client.move(2'000'000);
    client.move(2'000'000);
    CHECK(client.deadline(start) == start + 30s);
    client.wait(30s);
    CHECK(is_too_slow(client));
}

TEST_CASE("no waiting, no slowness: the time of others does not count") {
    const pace client(500, 30s);
    CHECK_FALSE(is_too_slow(client));
    CHECK(client.deadline(start) == start + 30s);
    CHECK(client.deadline(start + 5h) == start + 5h + 30s);
}

TEST_CASE("without a rate any client is quick enough") {
    pace client;
    client.wait(1000h);
    CHECK_FALSE(is_too_slow(client));
    CHECK(client.deadline(start) == core::never);
    pace none(0, 30s);
    none.wait(1000h);
    CHECK_FALSE(is_too_slow(none));
    CHECK(none.deadline(start) == core::never);
}

TEST_CASE("no number of bytes overflows") {
    pace client(1, 30s);
    client.move(~std::size_t{0});
    CHECK_FALSE(is_too_slow(client));
    CHECK(client.deadline(start) == start + 30s);
    client.wait(10s);
    client.move(~std::size_t{0} / 2);
    CHECK(client.deadline(start) == start + 30s);
}
