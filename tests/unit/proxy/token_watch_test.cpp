#include <gate/core/list_walk.hpp>
#include <gate/proxy/token_watch.hpp>

#include <catch.hpp>
#include <list>
#include <vector>

using namespace gate;
using namespace std::chrono_literals;
using auth::verdict;
using core::reason;
using proxy::token_watch;
using renewal = auth::authenticator::renewal;

namespace {

constexpr core::time_point start{1000s};
constexpr token_watch::limits most{.unverified = 300s, .answer = 5s};

renewal vouched_until(core::time_point until) {
    return {verdict::allow, reason::none, until};
}

}  // namespace

TEST_CASE("a token is looked at again shortly before its TTL ends, and a whole TTL later after an answer") {
    token_watch watch(start, start + 64s);
    CHECK_FALSE(watch.is_due(start + 59s));
    CHECK(watch.is_due(start + 60s));
    CHECK(watch.take(vouched_until(start + 124s), start + 60s, most) == reason::none);
    CHECK_FALSE(watch.is_due(start + 119s));
    CHECK(watch.is_due(start + 120s));
}

TEST_CASE("while the answer is on its way, every round looks") {
    token_watch watch(start, start + 64s);
    CHECK(watch.take(vouched_until(start + 64s), start + 60s, most) == reason::none);
    CHECK(watch.is_due(start + 60s));
    CHECK(watch.take({}, start + 64s, most) == reason::none);
    CHECK(watch.is_due(start + 64s));
}

TEST_CASE("a look out of turn does not put off the next one") {
    token_watch watch(start, start + 64s);
    CHECK(watch.take(vouched_until(start + 64s), start + 32s, most) == reason::none);
    CHECK_FALSE(watch.is_due(start + 59s));
    CHECK(watch.is_due(start + 60s));
}

TEST_CASE("a refusal ends it, and says why") {
    token_watch watch(start, start + 64s);
    CHECK(watch.take({verdict::deny, reason::token_revoked, {}}, start, most) == reason::token_revoked);
}

TEST_CASE("unverified, an exchange lasts as long as the limit says, counted from the end of the TTL") {
    token_watch watch(start, start + 64s);
    for (auto now = start + 64s; now < start + 364s; now += 1s) {
        INFO((now - start).count());
        CHECK(watch.take({}, now, most) == reason::none);
        CHECK(watch.is_due(now));
    }
    CHECK(watch.take({}, start + 364s, most) == reason::gate_unconfirmed);
}

TEST_CASE("an answer begins the unverified time anew") {
    token_watch watch(start, start + 64s);
    CHECK(watch.take({}, start + 363s, most) == reason::none);
    CHECK(watch.take(vouched_until(start + 427s), start + 363s, most) == reason::none);
    CHECK(watch.take({}, start + 726s, most) == reason::none);
    CHECK(watch.take({}, start + 727s, most) == reason::none);  // its own answer may still come
    CHECK(watch.take({}, start + 731s, most) == reason::gate_unconfirmed);
}

TEST_CASE("however late the first look and however short the limit, Gate has the time to answer") {
    token_watch watch(start, start + 64s);
    constexpr token_watch::limits none{.unverified = 0s, .answer = 5s};
    CHECK(watch.take({}, start + 900s, none) == reason::none);
    CHECK(watch.take({}, start + 904s, none) == reason::none);
    CHECK(watch.take({}, start + 905s, none) == reason::gate_unconfirmed);
}

TEST_CASE("who passes by grace is not ended before the grace is over") {
    config::config options;
    options.cache.grace = 1h;
    options.cache.stream_max_unverified = 5min;
    CHECK(token_watch::limits_of(options).unverified == 1h);
    options.cache.grace = 0s;
    CHECK(token_watch::limits_of(options).unverified == 5min);
    CHECK(token_watch::limits_of(options).answer == options.gate.timeout);
}

TEST_CASE("rounds are so short that two of them fit between the question and the end of the TTL") {
    config::cache_options options;
    for (const auto ttl : {2s, 10s, 60s, 3600s}) {
        options.ttl = ttl;
        INFO(ttl.count());
        CHECK(2 * proxy::round_interval(options) <= options.ttl / 16);
        CHECK(proxy::round_interval(options) <= 1s);
    }
    options.ttl = 0s;
    CHECK(proxy::round_interval(options) == 1s);
    options.ttl = 1ms;
    CHECK(proxy::round_interval(options) == 50ms);
}

TEST_CASE("a walk visits each element once, whatever comes and goes meanwhile") {
    std::list<int> numbers{1, 2, 3, 4, 5};
    core::list_walk walk(numbers);
    CHECK(walk.is_over());
    walk.begin();
    std::vector<int> seen;
    const auto leave = [&](int which) {
        const auto found = std::find(numbers.begin(), numbers.end(), which);
        walk.forget(*found);
        numbers.erase(found);
    };
    while (!walk.is_over()) {
        const int now = walk.next();
        seen.push_back(now);
        if (now == 1) leave(1);  // itself
        if (now == 2) leave(3);  // the next
        if (now == 4) numbers.push_back(6);
        if (now == 5) leave(2);  // one of before
    }
    CHECK(seen == std::vector{1, 2, 4, 5, 6});
}
