#include <gate/auth/token_facts.hpp>

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

struct fixture {
    token_facts facts;
    explicit fixture(const token_facts::options& how = {.accepted = 100, .refused = 100}) : facts(how) {}

    // Gate was asked for both at `start`.
    void accept(const token_key& key, time_point until = start + 60s, std::string_view account = "gacct_1") {
        facts.learn(key, {account, start, until}, start);
    }
    void refuse(const token_key& key, reason why = reason::token_invalid, time_point until = start + 30s) {
        facts.refuse(key, {why, start, until}, start);
    }
    finding find(const token_key& key, time_point now = start) {
        return facts.find(key, now, [](std::string_view) {});
    }
    recollection recall(const token_key& key, time_point now = start) {
        return facts.recall(key, now, [](std::string_view) {});
    }
    std::string account_of(const token_key& key, time_point now = start) {
        std::string out;
        facts.recall(key, now, [&](std::string_view account) { out = account; });
        return out;
    }
};

const auto key = key_number(1);

}  // namespace

TEST_CASE_METHOD(fixture, "a token is a miss, then a hit, then expired") {
    CHECK(find(key).state == cache_state::miss);
    accept(key);
    CHECK(find(key, start + 59'999ms).state == cache_state::hit);
    CHECK(find(key, start + 60s).state == cache_state::expired);
    CHECK(find(key, start + 60s).asked == start);
    CHECK(find(key, start + 60s).fresh_until == start + 60s);
    CHECK(account_of(key, start + 60s) == "gacct_1");
    CHECK(account_of(key_number(2)).empty());
}

TEST_CASE("an account id of any length is given back as it was") {
    fixture one({.accepted = 1000, .refused = 1});
    for (std::uint64_t size = 1; size <= identity::max_account_id; ++size) {
        const std::string account(size, static_cast<char>('a' + size % 26));
        const auto asked = start + std::chrono::milliseconds(size);
        one.accept(key_number(size), start + 60s, account);
        one.facts.learn(key_number(0), {account, asked, start + 60s}, start);
        INFO("size " << size);
        REQUIRE(one.account_of(key_number(0)) == account);
        if (size > 1) REQUIRE(one.account_of(key_number(size - 1)).size() == size - 1);
    }
}

TEST_CASE_METHOD(fixture, "rule 12: a hit never prolongs an entry") {
    accept(key);
    for (auto now = start; now < start + 60s; now += 1s) CHECK(find(key, now).state == cache_state::hit);
    CHECK(find(key, start + 60s).state == cache_state::expired);
}

TEST_CASE_METHOD(fixture,
                 "one hit in a second is told that its entry should be refreshed, and no look back") {
    facts.learn(key, {"gacct_1", start, start + 60s, start + 50s}, start);
    CHECK_FALSE(find(key, start + 49s).refresh);
    recall(key, start + 50s);
    CHECK(find(key, start + 50s).refresh);
    CHECK_FALSE(find(key, start + 50s).refresh);
    CHECK(find(key, start + 51s).refresh);
}

TEST_CASE_METHOD(fixture, "rule 12: random tokens push out refusals, never accepted tokens") {
    accept(key);
    for (std::uint64_t i = 1000; i < 3000; ++i) refuse(key_number(i));
    CHECK(find(key).state == cache_state::hit);
    CHECK(facts.sizes().refused <= 100);
}

TEST_CASE("rule 24: the tables stay within their bounds over all shards") {
    const auto max = GENERATE(std::size_t{1}, std::size_t{100}, std::size_t{1000}, std::size_t{5000});
    fixture one({.accepted = max, .refused = max});
    for (std::uint64_t i = 0; i < 20'000; ++i) {
        one.accept(key_number(i, static_cast<std::uint8_t>(i)));
        one.refuse(key_number(100'000 + i, static_cast<std::uint8_t>(i)));
    }
    CHECK(one.facts.sizes().accepted <= max);
    CHECK(one.facts.sizes().accepted >= max * 9 / 10);
    CHECK(one.facts.sizes().refused <= max);
    CHECK(one.facts.sizes().refused >= max * 9 / 10);
}

TEST_CASE("an entry that expired long ago makes room for the next one") {
    fixture one({.accepted = 100, .refused = 1, .memory = 60s});
    one.accept(key);
    one.facts.learn(key_number(2), {"gacct_1", start, start + 300s}, start + 119s);
    CHECK(one.facts.sizes().accepted == 2);
    one.facts.learn(key_number(3), {"gacct_1", start, start + 300s}, start + 120s);
    CHECK(one.facts.sizes().accepted == 2);
    CHECK(one.find(key, start + 120s).state == cache_state::miss);
}

TEST_CASE_METHOD(fixture,
                 "rule 24: a token that is refused time and again is remembered through a flood of others") {
    refuse(key, reason::token_revoked);
    for (std::uint64_t i = 0; i < 5000; ++i) {
        if (i % 20 == 0) REQUIRE(find(key).reason == reason::token_revoked);
        refuse(mixed_key(i));
    }
    CHECK(facts.sizes().refused <= 100);
}

TEST_CASE_METHOD(fixture, "a refusal counts for its time, and is remembered as the last word on the token") {
    refuse(key, reason::token_revoked);
    CHECK(find(key, start + 29s).reason == reason::token_revoked);
    CHECK(find(key, start + 30s).state == cache_state::miss);
    CHECK(recall(key, start + 30s).last_refusal.reason == reason::token_revoked);
    facts.learn(key, {"gacct_1", start + 30s, start + 90s}, start + 30s);
    CHECK(recall(key, start + 30s).last_refusal.reason == reason::none);
}

TEST_CASE_METHOD(fixture, "of two answers the one that was asked for later counts, whichever comes first") {
    const auto asked = start + 1s;
    facts.refuse(key, {reason::token_invalid, asked, asked + 30s}, asked);
    CHECK(facts.learn(key, {"gacct_1", start, start + 60s}, asked).refused_for == reason::token_invalid);
    CHECK(facts.learn(key, {"gacct_1", asked, asked + 60s}, asked).refused_for == reason::token_invalid);
    CHECK(find(key, asked).state == cache_state::negative);
    facts.learn(key, {"gacct_2", asked + 1s, asked + 61s}, asked + 1s);
    facts.refuse(key, {reason::token_invalid, asked, asked + 30s}, asked + 1s);
    facts.learn(key, {"gacct_1", start, start + 60s}, asked + 1s);
    CHECK(find(key, asked + 1s).state == cache_state::hit);
    CHECK(account_of(key) == "gacct_2");
}

TEST_CASE("rule 13: a revocation ends when its time is over, and a second one never shortens it") {
    fixture one({.accepted = 10, .refused = 10, .memory_of_revocations = 60s});
    one.facts.revoke(key, start);
    one.facts.remember_revocations_for(1s);
    one.facts.revoke(key, start + 1s);
    CHECK(one.find(key, start + 59s).reason == reason::token_revoked);
    CHECK(one.facts.is_revoked(key, start + 59s));
    CHECK_FALSE(one.facts.is_revoked(key_number(2), start));
    CHECK_FALSE(one.facts.is_revoked(key, start + 60s));
    // An answer from before the revocation may come as late as that, after a pause of the whole process.
    CHECK(one.facts.learn(key, {"gacct_1", start, start + 60s}, start + 70s).refused_for ==
          reason::token_revoked);
    CHECK(one.account_of(key, start + 70s).empty());
    one.facts.learn(key, {"gacct_1", start + 60s, start + 90s}, start + 60s);
    CHECK(one.find(key, start + 60s).state == cache_state::hit);
}

TEST_CASE_METHOD(fixture, "a purge that comes late leaves what was asked for after its time") {
    facts.learn(key, {"gacct_1", start + 2s, start + 60s}, start + 2s);
    refuse(key_number(2));
    CHECK(facts.purge({}, start + 1s) == 1);
    CHECK(find(key, start + 3s).state == cache_state::hit);
    CHECK(find(key_number(2), start + 3s).state == cache_state::miss);
    facts.purge({}, start);  // an earlier one, later still, does not let in what the first has voided
    CHECK(facts.learn(key_number(3), {"gacct_1", start + 1s, start + 60s}, start + 3s).fresh_until ==
          start + 1s);
}

TEST_CASE("the facts may be used by several threads at once") {
    fixture one({.accepted = 256, .refused = 256});
    std::atomic<std::uint64_t> wrong{0};
    const auto work = [&](std::uint64_t seed) {
        for (std::uint64_t i = 0; i < 20'000; ++i) {
            const auto number = (i * 7 + seed) % 512;
            const auto own = key_number(number, static_cast<std::uint8_t>(number));
            // Some of them too long to lie within the entry.
            const auto account = std::to_string(number) + std::string(number % 64, '.');
            const auto found = one.account_of(own);
            if (!found.empty() && found != account) ++wrong;
            const auto asked = start + std::chrono::nanoseconds(i);
            if (i % 3 == 0) one.facts.learn(own, {account, asked, start + 60s}, start);
            if (i % 11 == 0) one.facts.refuse(own, {reason::token_invalid, asked, start + 60s}, start);
        }
    };
    std::vector<std::thread> threads;
    for (std::uint64_t seed = 0; seed < 4; ++seed) threads.emplace_back(work, seed);
    for (auto& each : threads) each.join();
    CHECK(wrong == 0);
    CHECK(one.facts.sizes().accepted <= 256);
    CHECK(one.facts.sizes().refused <= 256);
}

TEST_CASE_METHOD(fixture, "of two answers that were asked for together the refusal counts, in either order") {
    accept(key);
    refuse(key);
    CHECK(find(key).state == cache_state::negative);
    refuse(key_number(2));
    accept(key_number(2));
    CHECK(find(key_number(2)).state == cache_state::negative);
}

TEST_CASE_METHOD(fixture,
                 "of two yes that were asked for together the greater account counts, in any order") {
    for (const auto& order : {std::pair{"gacct_1", "gacct_2"}, std::pair{"gacct_2", "gacct_1"}}) {
        const auto each = key_number(order.first[6] == '1' ? 1 : 2);
        accept(each, start + 60s, order.first);
        accept(each, start + 60s, order.second);
        CHECK(account_of(each) == "gacct_2");
    }
    accept(key_number(3), start + 60s);
    accept(key_number(3), start + 30s);
    CHECK(find(key_number(3), start + 45s).state == cache_state::hit);
}

TEST_CASE_METHOD(fixture,
                 "fleet [1]: a refusal whose life is over still voids what was asked for before it") {
    facts.refuse(key, {reason::token_invalid, start + 1s, start + 1500ms}, start + 10s);
    accept(key);
    CHECK(find(key, start + 10s).state != cache_state::hit);
}

TEST_CASE("fleet [1]: refusals void earlier answers for as long as one can be in use") {
    fixture one({.accepted = 100, .refused = 100, .fences = 70s});
    one.facts.refuse(key, {reason::token_invalid, start + 1s, start + 1500ms}, start + 1s);
    for (std::uint64_t i = 2; i < 60; ++i)
        one.facts.refuse(key_number(i), {reason::token_invalid, start + 60s, start + 61s}, start + 60s);
    one.accept(key, start + 80s);
    CHECK(one.find(key, start + 60s).state != cache_state::hit);
}

TEST_CASE_METHOD(fixture, "a purge leaves what others were told on their way, and voids the same again") {
    facts.purge({purge_scope::kind::account, "gacct_2"}, start + 1s);
    accept(key);
    CHECK(find(key, start + 2s).state == cache_state::hit);
    accept(key_number(2), start + 60s, "gacct_2");
    CHECK(find(key_number(2), start + 2s).state == cache_state::expired);
    const auto again = facts.learn(key_number(2), {"gacct_2", start, start + 60s}, start + 2s);
    CHECK(again.is_purged);
    CHECK(find(key_number(2), start + 2s).state == cache_state::expired);
}

TEST_CASE_METHOD(fixture, "of two revocations the later time and the later end count, in any order") {
    facts.revoke(key, start + 5s, start + 10s);
    facts.revoke(key, start, start + 60s);
    CHECK(facts.is_revoked(key, start + 59s));
    facts.learn(key, {"gacct_1", start + 4s, start + 100s}, start + 61s);
    CHECK(find(key, start + 61s).state != cache_state::hit);
}

TEST_CASE_METHOD(fixture, "a clock that is set on moves all that is known with it") {
    facts.learn(key, {"gacct_1", start, start + 60s, start + 50s}, start);
    refuse(key_number(2));
    facts.revoke(key_number(3), start, start + 60s);
    const auto seen = facts.withdrawals();
    facts.move_back(20s);
    CHECK(facts.withdrawals() != seen);
    CHECK(find(key, start + 39s).state == cache_state::hit);
    CHECK(find(key, start + 40s).state == cache_state::expired);
    CHECK(find(key, start + 40s).asked == start - 20s);
    CHECK(find(key_number(2), start + 9s).state == cache_state::negative);
    CHECK(find(key_number(2), start + 10s).state == cache_state::miss);
    CHECK(facts.is_revoked(key_number(3), start + 39s));
    CHECK_FALSE(facts.is_revoked(key_number(3), start + 40s));
}
