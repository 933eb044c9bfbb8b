#include <gate/auth/entry_table.hpp>

#include <catch.hpp>
#include <map>
#include <optional>
#include <random>
#include <token_keys.hpp>

using gate::auth::entry_table;

namespace {

constexpr auto alive = [](int) { return false; };

std::optional<int> look(entry_table<int>& table, const gate::auth::token_key& key, bool is_use) {
    std::optional<int> out;
    table.find(key, [&](int value) {
        out = value;
        return is_use;
    });
    return out;
}
std::optional<int> use(entry_table<int>& table, const gate::auth::token_key& key) {
    return look(table, key, true);
}
std::optional<int> peek(entry_table<int>& table, const gate::auth::token_key& key) {
    return look(table, key, false);
}

}  // namespace

TEST_CASE("a table that is not full does what a map does, over many random operations") {
    entry_table<int> table(1000);
    std::map<std::uint64_t, int> expected;
    std::mt19937 random(42);
    for (int i = 0; i < 50'000; ++i) {
        // Few different low bits, so that buckets hold chains.
        const std::uint64_t key = (random() % 1000) * 16;
        const auto choice = random() % 8;
        INFO("operation " << i);
        if (choice < 3) {
            table.put(key_number(key), i, alive);
            expected[key] = i;
        } else if (choice < 7) {
            const auto want = expected.find(key);
            const auto got = use(table, key_number(key));
            REQUIRE(got.has_value() == (want != expected.end()));
            if (got) REQUIRE(*got == want->second);
        } else {
            REQUIRE(table.erase(key_number(key)) == (expected.erase(key) != 0));
        }
        REQUIRE(table.size() == expected.size());
    }
}

TEST_CASE("a full table tells the truth about what it has kept, over many random operations") {
    const auto max = GENERATE(std::size_t{1}, std::size_t{2}, std::size_t{7}, std::size_t{64});
    entry_table<int> table(max);
    std::map<std::uint64_t, int> last;
    std::mt19937 random(42);
    for (int i = 0; i < 20'000; ++i) {
        const std::uint64_t key = (random() % 100) * 16;
        INFO("operation " << i << " max " << max);
        if (random() % 2 == 0) {
            table.put(key_number(key), i, alive);
            last[key] = i;
            REQUIRE(use(table, key_number(key)) == i);
        } else if (const auto got = use(table, key_number(key))) {
            REQUIRE(*got == last.at(key));
        }
        if (random() % 16 == 0) {
            table.erase(key_number(key));
            REQUIRE_FALSE(use(table, key_number(key)));
        }
        REQUIRE(table.size() <= max);
    }
    std::size_t kept = 0;
    for (const auto& [key, value] : last) kept += peek(table, key_number(key)) == value ? 1 : 0;
    CHECK(kept == table.size());
}

TEST_CASE("every entry is found while the table grows") {
    entry_table<int> table(5000);
    for (int i = 0; i < 5000; ++i) {
        table.put(key_number(static_cast<std::uint64_t>(i)), i, alive);
        for (const int old : {0, i / 3, i / 2, i}) {
            INFO("entry " << old << " of " << i);
            REQUIRE(peek(table, key_number(static_cast<std::uint64_t>(old))) == old);
        }
    }
    CHECK(table.size() == 5000);
}

TEST_CASE("keys that share a hash are told apart by the full digest") {
    entry_table<int> table(10);
    auto a = key_number(1);
    auto b = a;
    b.digest[31] = 1;
    table.put(a, 1, alive);
    CHECK_FALSE(use(table, b));
    table.put(b, 2, alive);
    CHECK(use(table, a) == 1);
    CHECK(use(table, b) == 2);
}

TEST_CASE("using an entry saves it, looking does not") {
    const bool is_use = GENERATE(true, false);
    entry_table<int> table(2);
    table.put(key_number(1), 1, alive);
    table.put(key_number(2), 2, alive);
    CHECK(look(table, key_number(1), is_use) == 1);
    table.put(key_number(3), 3, alive);
    CHECK(peek(table, key_number(1)).has_value() == is_use);
}

TEST_CASE("setting the value of a key again counts as a use") {
    entry_table<int> table(2);
    table.put(key_number(1), 1, alive);
    table.put(key_number(2), 2, alive);
    table.put(key_number(1), 11, alive);
    table.put(key_number(3), 3, alive);
    CHECK(peek(table, key_number(1)) == 11);
    CHECK_FALSE(peek(table, key_number(2)));
}

TEST_CASE("the dead make room before the table grows") {
    entry_table<int> table(100);
    table.put(key_number(1), 1, alive);
    table.put(key_number(2), 2, [](int value) { return value == 1; });
    CHECK(table.size() == 1);
    CHECK_FALSE(use(table, key_number(1)));
}

TEST_CASE("the dead are gone after half as many new entries, and none of them had to wait for it") {
    entry_table<int> table(100'000);
    for (std::uint64_t i = 0; i < 1024; ++i) table.put(key_number(i), 0, alive);
    int looked_at = 0;
    for (std::uint64_t i = 0; i < 600; ++i) {
        const int before = looked_at;
        table.put(key_number(10'000 + i), 1, [&](int value) {
            ++looked_at;
            return value == 0;
        });
        REQUIRE(looked_at - before <= 2);
    }
    CHECK(table.size() == 600);
}
