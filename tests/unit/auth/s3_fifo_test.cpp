#include <gate/auth/entry_table.hpp>

#include <cache_traces.hpp>
#include <catch.hpp>
#include <eviction_models.hpp>
#include <token_keys.hpp>

using gate::auth::entry_table;
using gate::auth::s3_fifo;
using traces::hit_ratio;
using traces::zipf;

namespace {

class table_cache {
public:
    explicit table_cache(std::size_t max) : table_(max) {}

    bool request(std::uint64_t number) {
        const auto key = mixed_key(number);
        if (table_.find(key, [](int) { return true; })) return true;
        table_.put(key, 0, [](int) { return false; });
        return false;
    }

private:
    entry_table<int> table_;
};

constexpr std::size_t size = 1000;

}  // namespace

// The properties that the choice rests on: see tests/bench/cache/policies.cpp for the whole table.

TEST_CASE("a flood of one-time tokens at ten times their rate does not push out the tokens in use") {
    const auto trace = flood(zipf(size / 2, 0), size * 5, size * 20, 10);
    CHECK(hit_ratio(table_cache(size), trace) >= 0.99);
    CHECK(hit_ratio(eviction::lru(size), trace) < 0.5);  // it would be a poor flood otherwise
}

TEST_CASE("nor does a flood at a hundred times their rate") {
    const auto trace = flood(zipf(size / 2, 0), size * 5, size * 5, 100);
    CHECK(hit_ratio(table_cache(size), trace) >= 0.99);
}

TEST_CASE("a scan that is twice as large as the table does not push out the tokens in use") {
    const auto trace = scan(zipf(size / 2, 0), size * 20, size * 5, size * 2);
    CHECK(hit_ratio(table_cache(size), trace) >= 0.99);
    CHECK(hit_ratio(eviction::lru(size), trace) < 0.95);
}

TEST_CASE("without flood or scan, tokens of unequal weight hit more often than with LRU") {
    const auto trace = of(zipf(size * 10, 1.0), size * 100);
    CHECK(hit_ratio(table_cache(size), trace) > hit_ratio(eviction::lru(size), trace) + 0.03);
}

TEST_CASE("other tokens come into use, even during a flood at ten times their rate") {
    const auto trace = drift(zipf(size / 10, 0), size * 50, size * 5, 10);
    CHECK(hit_ratio(table_cache(size), trace) >= 0.9);
    CHECK(hit_ratio(table_cache(size), drift(zipf(size / 2, 0), size * 50, size * 5, 0)) >= 0.8);
}

TEST_CASE("the table does as well as the books' S3-FIFO, with less memory and bounded steps") {
    const auto skew = GENERATE(0.0, 0.8, 1.2);
    const auto rate = GENERATE(std::size_t{0}, std::size_t{3});
    const auto trace = flood(zipf(size * 3, skew), size * 10, size * 20, rate);
    INFO("skew " << skew << " rate " << rate);
    CHECK(hit_ratio(table_cache(size), trace) > hit_ratio(eviction::s3_fifo(size), trace) - 0.02);
}

TEST_CASE("a victim is found in few steps, however many entries are in use") {
    constexpr std::uint32_t entries = 100'000;
    std::vector<s3_fifo::mark> all(entries);
    std::size_t touched = 0;
    const auto marks = [&](std::uint32_t slot) -> s3_fifo::mark& {
        ++touched;
        return all.at(slot);
    };
    s3_fifo order(entries);
    for (std::uint32_t slot = 0; slot < entries; ++slot) order.insert(marks, slot, slot);
    for (auto& each : all) each.use();
    for (int i = 0; i < 1000; ++i) {
        touched = 0;
        const auto slot = order.choose_victim(marks);
        REQUIRE(touched < 500);
        order.erase(marks, slot);
        order.insert(marks, slot, slot);
    }
}

TEST_CASE("an entry that was evicted unused and comes back soon is kept longer") {
    std::vector<s3_fifo::mark> all(10);
    const auto marks = [&](std::uint32_t slot) -> s3_fifo::mark& { return all.at(slot); };
    constexpr std::uint64_t hash = 0x1234'0000'0000'0001;
    s3_fifo order(10);
    order.insert(marks, 0, hash);
    CHECK(all[0].where == s3_fifo::place::small);
    order.note_eviction(all[0], hash);
    order.erase(marks, 0);
    order.insert(marks, 0, hash);
    CHECK(all[0].where == s3_fifo::place::main);
    order.insert(marks, 1, hash);
    CHECK(all[1].where == s3_fifo::place::small);
}
