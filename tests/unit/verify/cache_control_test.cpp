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
    bool has_garbage = false;
};

}  // namespace

TEST_CASE("max-age, and what asks not to keep an answer, are found among other directives") {
    const std::vector<row> rows{
        {"", {}, false},
        {"max-age=60", 60s, false},
        {"public, Max-Age=60 , must-revalidate", 60s, false},
        {"private, max-age=60", 60s, true},
        {"private=\"x-field\"", {}, true},
        {"No-Cache", {}, true},
        {"no-cache=\"set-cookie\", max-age=5", 5s, true},
        {"max-age=\"60\"", 60s, false},
        {"NO-STORE", {}, true},
        {"no-store, max-age=5", 5s, true},
        {"max-age=60, max-age=10, max-age=30", 10s, false},
        {"max-age=99999999999999999999", 31'536'000s, false},
        {"max-age=0", 0s, false},
        {"max-age = 0", 0s, false},
        {"max-age =\t0", 0s, false},
        {"max-age= \"7\" , x", 7s, false},
        {"max-age=-1", {}, false, true},
        {"max-age=abc", {}, false, true},
        {"max-age=6 0", {}, false, true},
        {"max-age=\"\"", {}, false, true},
        {"max-age", {}, false, true},
        {"max-age=", {}, false, true},
        {"max-age=abc, max-age=9", 9s, false, true},
        {"max-age=9, max-age=abc", 9s, false, true},
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
        CHECK(got.has_garbage_max_age == each.has_garbage);
    }
}
