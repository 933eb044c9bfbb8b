#include <gate/auth/token_cache.hpp>

#include <atomic>
#include <catch.hpp>
#include <thread>
#include <token_keys.hpp>
#include <vector>

using namespace gate::auth;
using namespace std::chrono_literals;
using gate::core::reason;
using gate::core::time_point;

namespace {

const time_point start{1000s};

vouched entry_until(time_point until, std::string_view account = "gacct_1") {
    return {account, start, until};
}

std::string account_of(token_cache& cache, const token_key& key, time_point now) {
    std::string out;
    cache.find(key, now, [&](std::string_view account) { out = account; });
    return out;
}

}  // namespace

TEST_CASE("a token is a miss, then a hit, then expired") {
    token_cache cache(10);
    const auto key = key_number(1);
    CHECK(cache.find(key, start).state == cache_state::miss);
    cache.put(key, entry_until(start + 60s), start);
    CHECK(cache.find(key, start + 59'999ms).state == cache_state::hit);
    CHECK(account_of(cache, key, start + 59'999ms) == "gacct_1");
    CHECK(cache.find(key, start + 60s).state == cache_state::expired);
    CHECK(cache.find(key, start + 60s).asked == start);
    CHECK(cache.find(key, start + 60s).fresh_until == start + 60s);
    CHECK(account_of(cache, key, start + 60s) == "gacct_1");
    CHECK(account_of(cache, key_number(2), start).empty());
}

TEST_CASE("an account id of any length is given back as it was") {
    token_cache cache(1000, 60s, 1);
    for (std::uint64_t size = 1; size <= identity::max_account_id; ++size) {
        const std::string account(size, static_cast<char>('a' + size % 26));
        cache.put(key_number(size), entry_until(start + 60s, account), start);
        cache.put(key_number(0), entry_until(start + 60s, account), start);
        INFO("size " << size);
        REQUIRE(account_of(cache, key_number(0), start) == account);
        if (size > 1) REQUIRE(account_of(cache, key_number(size - 1), start).size() == size - 1);
    }
}

TEST_CASE("rule 12: a hit never prolongs an entry") {
    token_cache cache(10);
    const auto key = key_number(1);
    cache.put(key, entry_until(start + 60s), start);
    for (auto now = start; now < start + 60s; now += 1s)
        CHECK(cache.find(key, now).state == cache_state::hit);
    CHECK(cache.find(key, start + 60s).state == cache_state::expired);
}

TEST_CASE("rule 12: random tokens push out refusals, never accepted tokens") {
    token_cache positive(100);
    negative_cache negative(100);
    positive.put(key_number(1), entry_until(start + 60s), start);
    for (std::uint64_t i = 1000; i < 3000; ++i) {
        negative.put(key_number(i), {reason::token_invalid, start, start + 30s}, start);
    }
    CHECK(positive.find(key_number(1), start).state == cache_state::hit);
    CHECK(negative.size() <= 100);
}

TEST_CASE("rule 24: the caches stay within their bounds over all shards") {
    const auto max = GENERATE(std::size_t{1}, std::size_t{100}, std::size_t{1000}, std::size_t{5000});
    token_cache cache(max);
    for (std::uint64_t i = 0; i < 20'000; ++i) {
        cache.put(key_number(i, static_cast<std::uint8_t>(i)), entry_until(start + 60s), start);
    }
    CHECK(cache.size() <= max);
    CHECK(cache.size() >= max * 9 / 10);
}

TEST_CASE("an entry that expired long ago makes room for the next one") {
    token_cache cache(100, 60s);
    cache.put(key_number(1), entry_until(start + 60s), start);
    cache.put(key_number(2), entry_until(start + 300s), start + 119s);
    CHECK(cache.size() == 2);
    cache.put(key_number(3), entry_until(start + 300s), start + 120s);
    CHECK(cache.size() == 2);
    CHECK(cache.find(key_number(1), start + 120s).state == cache_state::miss);
}

TEST_CASE("rule 24: a token that is refused time and again is remembered through a flood of others") {
    negative_cache cache(100);
    cache.put(key_number(1), {reason::token_revoked, start, start + 30s}, start);
    for (std::uint64_t i = 0; i < 5000; ++i) {
        if (i % 20 == 0) REQUIRE(cache.find(key_number(1), start).why == reason::token_revoked);
        cache.put(mixed_key(i), {reason::token_invalid, start, start + 30s}, start);
    }
    CHECK(cache.size() <= 100);
}

TEST_CASE("a refusal is remembered for its time") {
    negative_cache cache(10);
    cache.put(key_number(1), {reason::token_revoked, start, start + 30s}, start);
    CHECK(cache.find(key_number(1), start + 29s).why == reason::token_revoked);
    CHECK(cache.find(key_number(1), start + 30s).why == reason::none);
    CHECK(cache.erase(key_number(1)));
    CHECK(cache.find(key_number(1), start).why == reason::none);
}

TEST_CASE("the cache may be used by several threads at once") {
    token_cache cache(256);
    std::atomic<std::uint64_t> wrong{0};
    const auto work = [&](std::uint64_t seed) {
        for (std::uint64_t i = 0; i < 20'000; ++i) {
            const auto number = (i * 7 + seed) % 512;
            const auto key = key_number(number, static_cast<std::uint8_t>(number));
            // Some of them too long to lie within the entry.
            const auto account = std::to_string(number) + std::string(number % 64, '.');
            const auto found = account_of(cache, key, start);
            if (!found.empty() && found != account) ++wrong;
            if (i % 3 == 0) cache.put(key, entry_until(start + 60s, account), start);
            if (i % 11 == 0) cache.erase(key);
        }
    };
    std::vector<std::thread> threads;
    for (std::uint64_t seed = 0; seed < 4; ++seed) threads.emplace_back(work, seed);
    for (auto& each : threads) each.join();
    CHECK(wrong == 0);
    CHECK(cache.size() <= 256);
}

TEST_CASE("what may not enter is not put") {
    token_cache cache(10);
    CHECK_FALSE(cache.put_if(key_number(1), entry_until(start + 60s), start, [] { return false; }));
    CHECK(cache.size() == 0);
    CHECK(cache.put_if(key_number(1), entry_until(start + 60s), start, [] { return true; }));
    CHECK(cache.find(key_number(1), start).state == cache_state::hit);
}
