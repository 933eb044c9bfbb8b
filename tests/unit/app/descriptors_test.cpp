#include <gate/app/descriptors.hpp>

#include <catch.hpp>

#include <sys/resource.h>

using namespace gate;
using namespace gate::app;

TEST_CASE("each connection needs a descriptor, and one at the upstream as far as there are any") {
    const auto few = descriptors_for(1000, 5000, 2);
    CHECK(descriptors_for(1010, 5000, 2) == few + 20);
    CHECK(descriptors_for(6000, 5000, 2) == descriptors_for(5000, 5000, 2) + 1000);
    CHECK(few >= 2000 + reserved_descriptors);
    CHECK(descriptors_for(1000, 5000, 3) > few);
}

TEST_CASE("as many connections hold as their descriptors do") {
    for (const std::size_t descriptors : {300, 1024, 4096, 65'536, 1'048'576}) {
        for (const std::size_t upstream : {1, 100, 1000, 100'000}) {
            for (const unsigned workers : {1u, 2u, 16u}) {
                INFO(descriptors << ' ' << upstream << ' ' << workers);
                const auto held = connections_within(descriptors, upstream, workers);
                const bool fits = descriptors_for(held, upstream, workers) <= descriptors;
                CHECK((fits || held == 1));
                CHECK(descriptors_for(held + 1, upstream, workers) > descriptors);
            }
        }
    }
}

TEST_CASE("where there are hardly any descriptors, one connection is left") {
    CHECK(connections_within(0, 1000, 2) == 1);
    CHECK(connections_within(10, 1000, 2) == 1);
}

TEST_CASE("a limit that is enough already is left alone") {
    rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
    config::limit_options limits;
    limits.connections = limits.upstream_connections = 1;
    CHECK_FALSE(fit_to_descriptors(limits, 1).has_value());
    CHECK(limits.connections == 1);
    rlimit after{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &after) == 0);
    CHECK(after.rlim_cur == before.rlim_cur);
}
