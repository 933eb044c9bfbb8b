#include <gate/verify/cache_control.hpp>

#include <catch.hpp>
#include <string>
#include <vector>

using gate::verify::parse_cache_control;
using namespace std::chrono_literals;

namespace {

struct row {
    std::string text;
    std::optional<std::chrono::seconds> max_age;
    bool no_store;
};

}  // namespace

TEST_CASE("max-age and no-store are found among other directives") {
    const std::vector<row> rows{
        {"", {}, false},
        {"max-age=60", 60s, false},
        {"private, Max-Age=60 , must-revalidate", 60s, false},
        {"max-age=\"60\"", 60s, false},
        {"NO-STORE", {}, true},
        {"no-store, max-age=5", 5s, true},
        {"max-age=60, max-age=10, max-age=30", 10s, false},
        {"max-age=99999999999999999999", 31'536'000s, false},
        {"max-age=0", 0s, false},
        {"max-age=-1", 0s, false},
        {"max-age=abc", 0s, false},
        {"max-age", 0s, false},
        {"max-age=", 0s, false},
        {"s-maxage=5", {}, false},
        {"ext=\"a, no-store, max-age=1\", max-age=9", 9s, false},
        {"ext=\"\\\", no-store\"", {}, false},
        {"ext=\"unfinished, no-store\\", {}, false},
        {",,  ,no-store", {}, true},
        {"no-store=x", {}, true},
        {"xno-store, no-storex", {}, false},
    };
    for (const auto& each : rows) {
        INFO(each.text);
        const auto got = parse_cache_control(each.text);
        CHECK(got.max_age == each.max_age);
        CHECK(got.no_store == each.no_store);
    }
}
