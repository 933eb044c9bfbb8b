#include <gate/proxy/exchange_memory.hpp>

#include <catch.hpp>

using namespace gate::proxy;

namespace {

void take_at_once(exchange_memory_pool& pool, std::size_t number) {
    std::vector<std::unique_ptr<exchange_memory>> taken;
    for (std::size_t i = 0; i < number; ++i) taken.push_back(pool.take());
    for (auto& each : taken) pool.give_back(std::move(each));
}

}  // namespace

TEST_CASE("a pool gives back what a burst has left, and keeps what is in use from time to time") {
    exchange_memory_pool pool(64);
    take_at_once(pool, 100);
    CHECK(pool.trim() == 64);  // needed since the last call
    take_at_once(pool, 10);
    CHECK(pool.trim() == 10);
    take_at_once(pool, 10);
    CHECK(pool.trim() == 10);
    CHECK(pool.trim() == 0);
}
