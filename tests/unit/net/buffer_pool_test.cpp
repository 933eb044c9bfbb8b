#include <gate/net/buffer_pool.hpp>

#include <catch.hpp>
#include <vector>

using namespace gate::net;

TEST_CASE("the block that was given back last is handed out first") {
    buffer_pool pool(64, 2);
    auto first = pool.take();
    auto second = pool.take();
    const auto* const where = first.data();
    CHECK(pool.in_use() == 2);
    second.release();
    first.release();
    CHECK(pool.in_use() == 0);
    CHECK(pool.take().data() == where);
}

TEST_CASE("a larger block is for what fills it, as long as one is left") {
    buffer_pool larger(256, 1);
    buffer_pool pool(64, 1, &larger, 2);
    CHECK(pool.take_for(255).size() == 64);
    CHECK(pool.take_for(256).size() == 256);
    std::vector<buffer_pool::block> held;
    for (int i = 0; i < 2; ++i) held.push_back(pool.take_for(1000));
    CHECK(larger.in_use() == 2);
    const auto usual = pool.take_for(1000);
    CHECK(usual.size() == 64);
    CHECK(pool.has_larger(usual, 1000));
    CHECK_FALSE(pool.has_larger(usual, 100));
    CHECK_FALSE(pool.has_larger(held.front(), 1000));
    held.pop_back();
    CHECK(pool.take_for(1000).size() == 256);
}

TEST_CASE("a pool without larger blocks hands out its own") {
    buffer_pool pool(64, 1);
    const auto block = pool.take_for(1U << 20);
    CHECK(block.size() == 64);
    CHECK_FALSE(pool.has_larger(block, 1U << 20));
}
