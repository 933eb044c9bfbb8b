#include <gate/app/connection_limit.hpp>
#include <gate/app/full_house.hpp>

#include <boost/asio/ip/address_v4.hpp>

#include <catch.hpp>
#include <memory>
#include <vector>

using namespace gate;
using namespace gate::app;
using namespace std::chrono_literals;

namespace {

constexpr core::time_point start{100s};
const net::ip_address somebody = boost::asio::ip::make_address("192.0.2.1");

struct connection final : proxy::idle_connection {};

// A worker with one idle connection.
struct worker_with_one {
    worker_with_one(bool trusted, core::time_point since) {
        if (trusted) one.set_trusted();
        idle.add(one, since);
    }
    ~worker_with_one() { idle.remove(one); }

    proxy::idle_connections idle;
    connection one;
};

std::optional<connection_limit::place> enter(connection_limit& house) {
    return house.enter(somebody, [] { return false; });
}

}  // namespace

TEST_CASE("the worker with the oldest stranger is asked, then the one with the oldest of the others") {
    worker_with_one known_oldest(true, start);
    worker_with_one known(true, start + 1s);
    worker_with_one stranger_oldest(false, start + 2s);
    worker_with_one stranger(false, start + 3s);
    full_house house;
    for (const auto* each : {&known, &known_oldest, &stranger, &stranger_oldest})
        house.join(each->idle, [] {});
    CHECK(house.next() == 3);
    stranger_oldest.idle.remove(stranger_oldest.one);
    CHECK(house.next() == 2);
    stranger.idle.remove(stranger.one);
    CHECK(house.next() == 1);
    known_oldest.idle.remove(known_oldest.one);
    CHECK(house.next() == 0);
    known.idle.remove(known.one);
    CHECK_FALSE(house.next().has_value());
}

TEST_CASE("a worker that is asked is told so") {
    worker_with_one first(false, start);
    worker_with_one second(false, start);
    int asked = 0;
    full_house house;
    house.join(first.idle, [&] { asked += 1; });
    house.join(second.idle, [&] { asked += 10; });
    house.ask(1);
    CHECK(asked == 10);
}

TEST_CASE("a full house refuses unless somebody makes room") {
    connection_limit house(1, 0);
    const auto first = enter(house);
    REQUIRE(first.has_value());
    CHECK_FALSE(enter(house).has_value());
    CHECK_FALSE(house.is_exceeded());
    const auto second = house.enter(somebody, [] { return true; });
    CHECK(second.has_value());
    CHECK(house.is_exceeded());
}

TEST_CASE("room that is made at once is the newcomer's") {
    connection_limit house(1, 0);
    auto first = enter(house);
    const auto second = house.enter(somebody, [&] {
        first.reset();
        return true;
    });
    CHECK(second.has_value());
    CHECK_FALSE(house.is_exceeded());
}

TEST_CASE("not more are let in beyond the limit than the excess, whoever makes room") {
    connection_limit house(1, 0);
    std::vector<std::optional<connection_limit::place>> held;
    const auto let_in = [&] {
        return held.emplace_back(house.enter(somebody, [] { return true; })).has_value();
    };
    for (std::size_t i = 0; i < 1 + connection_limit::max_excess; ++i) REQUIRE(let_in());
    CHECK_FALSE(let_in());
    held.clear();
    CHECK_FALSE(house.is_exceeded());
    CHECK(enter(house).has_value());
}

TEST_CASE("nobody goes for a client that has as many connections as it may") {
    connection_limit house(2, 1);
    const auto own = enter(house);
    const auto other = house.enter(boost::asio::ip::make_address("192.0.2.2"), [] { return false; });
    REQUIRE(other.has_value());
    bool was_asked = false;
    CHECK_FALSE(house.enter(somebody, [&] { return was_asked = true; }).has_value());
    CHECK_FALSE(was_asked);
}
