#include <gate/app/connection_limit.hpp>

#include <boost/asio/ip/address.hpp>

#include <catch.hpp>
#include <thread>
#include <vector>

using namespace gate;
using app::connection_limit;

namespace {

const net::ip_address somebody = boost::asio::ip::make_address("192.0.2.1");

std::optional<connection_limit::place> enter(connection_limit& house) {
    return house.enter(somebody, [] { return false; });
}

}  // namespace

TEST_CASE("other limits count for newcomers, and take no place away") {
    connection_limit house(2, 0);
    const auto first = enter(house);
    const auto second = enter(house);
    REQUIRE((first && second));
    CHECK_FALSE(enter(house));
    house.configure(3, 0);
    const auto third = enter(house);
    CHECK(third);
    house.configure(1, 0);
    CHECK_FALSE(enter(house));
    CHECK(house.is_exceeded());
}

TEST_CASE("a limit for one address counts those who come after it, and forgets who leaves") {
    connection_limit house(10, 0);
    auto before = enter(house);
    house.configure(10, 1);
    auto counted = enter(house);
    CHECK(counted);
    CHECK_FALSE(enter(house));
    before.reset();  // was never counted
    CHECK_FALSE(enter(house));
    house.configure(10, 0);
    counted.reset();  // was
    house.configure(10, 1);
    CHECK(enter(house));
}

TEST_CASE("limits change while connections come and go") {
    connection_limit house(8, 4);
    std::vector<std::thread> threads;
    for (int i = 0; i < 3; ++i)
        threads.emplace_back([&] {
            for (int n = 0; n < 2'000; ++n) (void)enter(house);
        });
    for (std::size_t n = 0; n < 500; ++n) house.configure(1 + n % 8, n % 3);
    for (auto& each : threads) each.join();
    house.configure(1, 1);
    const auto last = enter(house);
    CHECK(last);
}

TEST_CASE("a client that becomes known on the way counts from then on") {
    connection_limit house(10, 1);
    const auto client = boost::asio::ip::make_address("192.0.2.1");
    const auto unknown = [&house] {
        return house.enter(
            net::ip_address(), [] { return false; }, false);
    };
    auto first = unknown();
    REQUIRE(first.has_value());
    CHECK(first->count_as(client));
    CHECK(first->count_as(client));  // once
    auto second = unknown();
    REQUIRE(second.has_value());
    CHECK_FALSE(second->count_as(client));
    CHECK(second->count_as(boost::asio::ip::make_address("192.0.2.2")));
    first.reset();
    auto third = unknown();
    REQUIRE(third.has_value());
    CHECK(third->count_as(client));
}
