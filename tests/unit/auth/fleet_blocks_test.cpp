#include <gate/auth/fleet_blocks.hpp>

#include <algorithm>
#include <catch.hpp>

using namespace gate::auth;
using namespace std::chrono_literals;

namespace {

constexpr store_time there{std::chrono::seconds(1'800'000'000)};

fleet_message block(store_time at, store_time until = store_never, std::string account = "gacct_1") {
    fleet_message out;
    out.kind = fleet_kind::block;
    out.account = std::move(account);
    out.at = at;
    out.until = until;
    return out;
}
fleet_message lifting(store_time at, std::string account = "gacct_1") {
    return block(at, at, std::move(account));
}

}  // namespace

TEST_CASE("fleet: the last writer's block or lifting counts, in every order") {
    std::vector<fleet_message> all{block(there), lifting(there + 1s), block(there + 2s, there + 1h),
                                   lifting(there + 2s)};
    const auto earlier = [](const auto& a, const auto& b) {
        return std::pair(a.at, a.until) < std::pair(b.at, b.until);
    };
    std::ranges::sort(all, earlier);
    int orders = 0;
    do {
        fleet_blocks blocks;
        for (const auto& each : all) blocks.learn(each, there);
        for (const auto& each : all) CHECK_FALSE(blocks.learn(each, there));
        REQUIRE(blocks.all().size() == 1);
        CHECK(blocks.all().front().until == there + 1h);  // of two of the same time: the block
        ++orders;
    } while (std::ranges::next_permutation(all, earlier).found);
    CHECK(orders == 24);
}

TEST_CASE("fleet: a lifting is remembered, so that an earlier block does not come back") {
    fleet_blocks blocks;
    CHECK(blocks.learn(lifting(there + 1s), there));
    CHECK_FALSE(blocks.learn(block(there), there));
    CHECK(blocks.all().front() == lifting(there + 1s));
    CHECK(blocks.learn(block(there + 1001ms), there));
}

TEST_CASE("a block that has ended is not learnt") {
    fleet_blocks blocks;
    CHECK_FALSE(blocks.learn(block(there, there + 10s), there + 10s));
    CHECK(blocks.all().empty());
}

TEST_CASE("rule 24: what has ended makes room for another account, then the oldest lifting") {
    fleet_blocks blocks(3);
    CHECK(blocks.learn(block(there, there + 10s, "a"), there));
    CHECK(blocks.learn(lifting(there + 1s, "b"), there));
    CHECK(blocks.learn(lifting(there, "c"), there));
    CHECK(blocks.learn(block(there, store_never, "d"), there + 10s));  // in place of a
    CHECK(blocks.learn(block(there, store_never, "e"), there + 10s));  // of c
    CHECK(blocks.learn(block(there, store_never, "f"), there + 10s));  // of b
    CHECK_FALSE(blocks.learn(block(there, store_never, "g"), there + 10s));
    CHECK(blocks.all().size() == 3);
}

TEST_CASE("a lifting is remembered for as long as the block that it lifts could last") {
    fleet_blocks blocks(1);
    blocks.learn(block(there, there + 10s, "a"), there);
    blocks.learn(lifting(there + 1s, "a"), there);
    CHECK(blocks.learn(block(there, store_never, "b"), there + 10s));
    CHECK(blocks.all().front().account == "b");
}
