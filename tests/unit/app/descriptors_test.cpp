#include <gate/app/descriptors.hpp>

#include <algorithm>
#include <catch.hpp>
#include <utility>

#include <sys/resource.h>

using namespace gate;
using namespace gate::app;

TEST_CASE("each connection needs a descriptor, and one at the upstream as far as there are any") {
    const descriptor_users others{.upstream_connections = 5000, .workers = 2};
    const auto few = descriptors_for(1000, others);
    CHECK(descriptors_for(1010, others) == few + 20);
    CHECK(descriptors_for(6000, others) == descriptors_for(5000, others) + 1000);
    CHECK(few >= 2000 + reserved_descriptors);
    CHECK(descriptors_for(1000, {.upstream_connections = 5000, .workers = 3}) > few);
}

TEST_CASE("each upstream has connections of its own") {
    descriptor_users others{.upstream_connections = 300, .workers = 2};
    for (const std::size_t connections : {100, 1000}) {
        others.upstreams = 1;
        const auto with_one = descriptors_for(connections, others);
        others.upstreams = 4;
        CHECK(descriptors_for(connections, others) == with_one + 3 * std::min<std::size_t>(connections, 300));
    }
}

TEST_CASE("as many connections hold as their descriptors do") {
    for (const std::size_t descriptors : {300, 1024, 4096, 65'536, 1'048'576}) {
        for (const std::size_t upstream : {1, 100, 1000, 100'000}) {
            for (const auto& [upstreams, workers] : {std::pair{1u, 1u}, {1u, 16u}, {3u, 2u}, {101u, 2u}}) {
                INFO(descriptors << ' ' << upstream << ' ' << upstreams << ' ' << workers);
                const descriptor_users others{upstreams, upstream, workers};
                const auto held = connections_within(descriptors, others);
                const bool fits = descriptors_for(held, others) <= descriptors;
                CHECK((fits || held == 1));
                CHECK(descriptors_for(held + 1, others) > descriptors);
            }
        }
    }
}

TEST_CASE("where there are hardly any descriptors, one connection is left") {
    const descriptor_users others{.upstream_connections = 1000, .workers = 2};
    CHECK(connections_within(0, others) == 1);
    CHECK(connections_within(10, others) == 1);
}

namespace {

rlim_t limit_of_now() {
    rlimit limit{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &limit) == 0);
    return limit.rlim_cur;
}

}  // namespace

TEST_CASE("a limit that is enough already is left alone") {
    const auto before = limit_of_now();
    config::config options;
    options.limits.connections = options.limits.upstream_connections = 1;
    CHECK_FALSE(fit_to_descriptors(options, 1).has_value());
    CHECK(options.limits.connections == 1);
    CHECK(limit_of_now() == before);
}

TEST_CASE("the upstreams of the configuration are counted") {
    rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
    const auto enough_for_one = descriptors_for(50, {.upstream_connections = 50, .workers = 1});
    const rlimit few{enough_for_one, before.rlim_max};  // the hard one stays
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &few) == 0);
    config::config options;
    options.limits.connections = options.limits.upstream_connections = 50;
    CHECK_FALSE(fit_to_descriptors(options, 1).has_value());
    CHECK(limit_of_now() == enough_for_one);
    options.upstreams.resize(2);
    CHECK_FALSE(fit_to_descriptors(options, 1).has_value());
    CHECK(limit_of_now() >= enough_for_one + 100);
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
}
