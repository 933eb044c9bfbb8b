#include <gate/auth/purge_fences.hpp>

#include <catch.hpp>
#include <token_keys.hpp>

using namespace gate::auth;
using namespace std::chrono_literals;
using gate::core::time_point;

namespace {

const time_point start{1000s};
const auto key = mixed_key(1);
using scope = purge_scope::kind;

std::string print_of(const token_key& of) {
    const auto text = fingerprint_of(of);
    return {text.data(), text.size()};
}

}  // namespace

TEST_CASE("a purge voids what was asked for at its time or before, and nothing after it") {
    purge_fences fences;
    CHECK_FALSE(fences.voids(start, key, "gacct_1"));
    fences.add({}, start, 60s);
    CHECK(fences.voids(start - 1h, key, "gacct_1"));
    CHECK(fences.voids(start, key, {}));
    CHECK_FALSE(fences.voids(start + 1us, key, "gacct_1"));
}

TEST_CASE("a purge of a token or an account voids nothing of others") {
    purge_fences fences;
    const auto print = print_of(key);
    fences.add({scope::token, print}, start, 60s);
    fences.add({scope::account, "gacct_2"}, start + 1s, 60s);
    CHECK(fences.voids(start, key, "gacct_1"));
    CHECK(fences.voids(start, key, {}));
    CHECK_FALSE(fences.voids(start, mixed_key(2), "gacct_1"));
    CHECK(fences.voids(start + 1s, mixed_key(2), "gacct_2"));
    CHECK_FALSE(fences.voids(start + 1s, mixed_key(2), {}));  // refused: of no account
}

TEST_CASE("of two purges the later one counts, whichever comes last") {
    purge_fences fences;
    fences.add({scope::account, "gacct_1"}, start + 2s, 60s);
    fences.add({scope::account, "gacct_1"}, start, 60s);
    CHECK(fences.voids(start + 2s, key, "gacct_1"));
    fences.add({}, start + 5s, 60s);
    fences.add({}, start + 4s, 60s);
    CHECK(fences.voids(start + 5s, key, {}));
}

TEST_CASE("rule 24: where there are too many purges, the oldest becomes one of all tokens") {
    purge_fences fences;
    for (std::size_t i = 0; i <= purge_fences::most; ++i)
        fences.add({scope::account, "gacct_" + std::to_string(i)}, start + std::chrono::milliseconds(i), 60s);
    CHECK(fences.voids(start, key, "gacct_0"));
    CHECK(fences.voids(start, key, "gacct_x"));
    CHECK_FALSE(fences.voids(start + 1ms, key, "gacct_x"));
    CHECK(fences.voids(start + 1ms, key, "gacct_1"));
}

TEST_CASE("a purge of so long ago that nothing from before it is in use makes room") {
    purge_fences fences;
    fences.add({scope::account, "gacct_1"}, start, 60s);
    fences.add({scope::account, "gacct_2"}, start + 60s, 60s);
    CHECK_FALSE(fences.voids(start, key, "gacct_1"));
    CHECK(fences.voids(start, key, "gacct_2"));
}

TEST_CASE("purges keep their age when the clock is set") {
    purge_fences fences;
    fences.add({}, start, 60s);
    fences.add({scope::account, "gacct_1"}, start + 10s, 60s);
    fences.move_back(5s);
    CHECK(fences.voids(start - 5s, key, "gacct_2"));
    CHECK_FALSE(fences.voids(start - 4s, key, "gacct_2"));
    CHECK(fences.voids(start + 5s, key, "gacct_1"));
    CHECK_FALSE(fences.voids(start + 6s, key, "gacct_1"));
}

TEST_CASE("a purge holds if it, or a later one of the same, has been added") {
    purge_fences fences;
    fences.add({scope::account, "gacct_1"}, start, 60s);
    CHECK(fences.holds({scope::account, "gacct_1"}, start));
    CHECK(fences.holds({scope::account, "gacct_1"}, start - 1s));
    CHECK_FALSE(fences.holds({scope::account, "gacct_1"}, start + 1us));
    CHECK_FALSE(fences.holds({scope::account, "gacct_2"}, start));
    CHECK_FALSE(fences.holds({scope::token, "gacct_1"}, start));
    CHECK_FALSE(fences.holds({}, start));
    fences.add({}, start, 60s);
    CHECK(fences.holds({}, start));
    CHECK(fences.holds({scope::account, "gacct_2"}, start));
}
