#include <gate/auth/freshness.hpp>

#include <catch.hpp>
#include <limits>

using namespace gate;
using namespace std::chrono_literals;
using auth::freshness_of_allow;
using auth::freshness_of_deny;

namespace {

const core::time_point asked{1000s};
const core::wall_clock::time_point wall{1'700'000'000s};

struct row {
    const char* what;
    std::optional<std::chrono::seconds> max_age;
    std::optional<core::wall_clock::time_point> expires_at;
    core::duration expected;
};

}  // namespace

TEST_CASE("the TTL is a ceiling that max-age and expires_at can only lower") {
    const std::vector<row> rows{
        {"nothing said", {}, {}, 60s},
        {"smaller max-age", 10s, {}, 10s},
        {"larger max-age", 600s, {}, 60s},
        {"max-age beyond all bounds", std::chrono::seconds::max(), {}, 60s},
        {"max-age 0", 0s, {}, 0s},
        {"negative max-age", -5s, {}, 0s},
        {"expires soon", {}, wall + 5s, 5s},
        {"expires in a fraction", {}, wall + 1500ms, 1500ms},
        {"expires late", {}, wall + 1h, 60s},
        {"both", 10s, wall + 5s, 5s},
    };
    const config::cache_options options;
    for (const auto& each : rows) {
        INFO(each.what);
        auth::verification answer;
        answer.max_age = each.max_age;
        answer.expires_at = each.expires_at;
        const auto got = freshness_of_allow(answer, options, asked, wall);
        CHECK(got.until - asked == each.expected);
        CHECK(got.cacheable == (each.expected > 0s));
        CHECK_FALSE(got.clock_is_off);
    }
}

TEST_CASE("an expires_at in the past says that a clock is off, and is ignored") {
    auth::verification answer;
    answer.expires_at = wall;
    const auto got = freshness_of_allow(answer, {}, asked, wall);
    CHECK(got.until - asked == 60s);
    CHECK(got.clock_is_off);
}

TEST_CASE("no-store is obeyed only where the configuration asks for it") {
    auth::verification answer;
    answer.no_store = true;
    config::cache_options options;
    CHECK(freshness_of_allow(answer, options, asked, wall).cacheable);
    CHECK(freshness_of_allow(answer, options, asked, wall).ignored_no_store);
    options.obey_no_store = true;
    CHECK_FALSE(freshness_of_allow(answer, options, asked, wall).cacheable);
    CHECK_FALSE(freshness_of_allow(answer, options, asked, wall).ignored_no_store);
    CHECK_FALSE(freshness_of_deny(answer, options, asked).cacheable);
}

TEST_CASE("a TTL of 0 caches nothing") {
    config::cache_options options;
    options.ttl = 0s;
    options.negative_ttl = 0s;
    CHECK_FALSE(freshness_of_allow({}, options, asked, wall).cacheable);
    CHECK_FALSE(freshness_of_deny({}, options, asked).cacheable);
}

TEST_CASE("a refusal has a TTL of its own") {
    auth::verification answer;
    CHECK(freshness_of_deny(answer, {}, asked).until - asked == 30s);
    answer.expires_at = wall + 1s;
    CHECK(freshness_of_deny(answer, {}, asked).until - asked == 30s);
    answer.max_age = 3s;
    CHECK(freshness_of_deny(answer, {}, asked).until - asked == 3s);
}
