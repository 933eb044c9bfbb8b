#include "keys.hpp"

#include <gate/auth/entry_table.hpp>

#include <algorithm>
#include <catch.hpp>
#include <list>
#include <random>

using gate::auth::entry_table;

namespace {

constexpr auto use = [](int) { return true; };
constexpr auto peek = [](int) { return false; };
constexpr auto alive = [](int) { return false; };

// What the table must do, spelt out with no regard for time or memory.
struct model {
    std::size_t max;
    std::list<std::pair<std::uint64_t, int>> order;  // the one used last in front

    auto locate(std::uint64_t key) {
        return std::ranges::find_if(order, [key](const auto& each) { return each.first == key; });
    }
    void put(std::uint64_t key, int value) {
        if (const auto it = locate(key); it != order.end())
            order.erase(it);
        else if (order.size() >= max)
            order.pop_back();
        order.emplace_front(key, value);
    }
    const int* find(std::uint64_t key) {
        const auto it = locate(key);
        if (it == order.end()) return nullptr;
        order.splice(order.begin(), order, it);
        return &order.front().second;
    }
    bool erase(std::uint64_t key) {
        const auto it = locate(key);
        if (it == order.end()) return false;
        order.erase(it);
        return true;
    }
};

}  // namespace

TEST_CASE("the table does what its model does, over many random operations") {
    const auto max = GENERATE(std::size_t{1}, std::size_t{7}, std::size_t{64});
    entry_table<int> table(max);
    model expected{max, {}};
    std::mt19937 random(42);
    for (int i = 0; i < 20'000; ++i) {
        // Few low bits, so that buckets hold chains.
        const std::uint64_t key = (random() % 100) * 16;
        const auto choice = random() % 8;
        INFO("operation " << i << " max " << max);
        if (choice < 3) {
            table.put(key_number(key), i, alive);
            expected.put(key, i);
        } else if (choice < 7) {
            const auto* got = table.find(key_number(key), use);
            const auto* want = expected.find(key);
            REQUIRE((got == nullptr) == (want == nullptr));
            if (want != nullptr) REQUIRE(*got == *want);
        } else {
            REQUIRE(table.erase(key_number(key)) == expected.erase(key));
        }
        REQUIRE(table.size() == expected.order.size());
    }
}

TEST_CASE("keys that share a hash are told apart by the full digest") {
    entry_table<int> table(10);
    auto a = key_number(1);
    auto b = a;
    b.digest[31] = 1;
    table.put(a, 1, alive);
    CHECK(table.find(b, use) == nullptr);
    table.put(b, 2, alive);
    CHECK(*table.find(a, use) == 1);
    CHECK(*table.find(b, use) == 2);
}

TEST_CASE("looking without using does not save an entry") {
    entry_table<int> table(2);
    table.put(key_number(1), 1, alive);
    table.put(key_number(2), 2, alive);
    CHECK(table.find(key_number(1), peek) != nullptr);
    table.put(key_number(3), 3, alive);
    CHECK(table.find(key_number(1), peek) == nullptr);
}

TEST_CASE("the dead make room before the table grows") {
    entry_table<int> table(100);
    table.put(key_number(1), 1, alive);
    table.put(key_number(2), 2, [](int value) { return value == 1; });
    CHECK(table.size() == 1);
    CHECK(table.find(key_number(1), use) == nullptr);
}
