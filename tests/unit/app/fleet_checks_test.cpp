#include <gate/app/fleet_checks.hpp>

#include <catch.hpp>

using namespace gate;
using namespace std::chrono_literals;

TEST_CASE("a cache that does not hold twice what a fleet verifies in a TTL is warned of") {
    config::config options;
    options.gate.budget.limit = 600;
    options.gate.budget.window = 60s;
    struct row {
        const char* url;
        std::chrono::seconds ttl;
        std::size_t entries;
        const char* needed;  // "": no warning
    };
    const row rows[] = {{"", 60s, 1, ""},
                        {"redis://store", 60s, 1199, "1200"},
                        {"redis://store", 60s, 1200, ""},
                        {"redis://store", 1h, 71'999, "72000"},
                        {"redis://store", 1h, 100'000, ""},
                        {"redis://store", 0s, 1, ""}};
    for (const auto& [url, ttl, entries, needed] : rows) {
        INFO(url << " " << ttl.count() << " " << entries);
        options.fleet.url = url;
        options.cache.ttl = ttl;
        options.cache.max_entries = entries;
        const auto got = app::fleet_warnings(options);
        REQUIRE(got.size() == (*needed == '\0' ? 0U : 1U));
        if (!got.empty()) CHECK(got[0].find("Use " + std::string(needed) + " or more") != std::string::npos);
    }
}
