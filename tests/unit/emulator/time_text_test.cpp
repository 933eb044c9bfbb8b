#include <gate/emulator/time_text.hpp>

#include <catch.hpp>

using namespace std::chrono;
using namespace gate::emulator;

namespace {
const wall_time noon = sys_days(year(2026) / March / 5) + 12h + 3min + 4s + 50ms;
}

TEST_CASE("a time is written as RFC 3339 with milliseconds and read back") {
    CHECK(rfc3339(noon) == "2026-03-05T12:03:04.050Z");
    CHECK(parse_rfc3339("2026-03-05T12:03:04.050Z") == noon);
}

TEST_CASE("RFC 3339 with offsets and fractions") {
    CHECK(parse_rfc3339("2026-03-05T14:03:04.05+02:00") == noon);
    CHECK(parse_rfc3339("2026-03-05T09:33:04.050999-02:30") == noon);
    CHECK(parse_rfc3339("2026-03-05t12:03:04z") == noon - 50ms);
    CHECK(parse_rfc3339("1969-12-31T23:59:59Z") == wall_time(seconds(-1)));
}

TEST_CASE("what is not RFC 3339 is not read") {
    for (const char* text : {"", "2026-03-05", "2026-03-05T12:03:04", "2026-13-05T12:03:04Z",
                             "2026-02-30T12:03:04Z", "2026-03-05T24:03:04Z", "2026-03-05T12:03:04.Z",
                             "2026-03-05T12:03:04Zx", "2026-03-05T12:03:04+0200", "26-03-05T12:03:04Z"}) {
        INFO(text);
        CHECK_FALSE(parse_rfc3339(text));
    }
}

TEST_CASE("an HTTP date is an IMF-fixdate") {
    CHECK(http_date(noon) == "Thu, 05 Mar 2026 12:03:04 GMT");
}

TEST_CASE("a duration needs a unit, and zero needs none") {
    CHECK(parse_duration("50ms") == 50ms);
    CHECK(parse_duration("60s") == 1min);
    CHECK(parse_duration("2m") == 2min);
    CHECK(parse_duration("3h") == 3h);
    CHECK(parse_duration("90d") == hours(24 * 90));
    CHECK(parse_duration("0") == 0ms);
    for (const char* text :
         {"", "5", "s", "-1s", "1.5s", "5 s", "5S", "99999999999999999999s", "9223372036854775807d"}) {
        INFO(text);
        CHECK_FALSE(parse_duration(text));
    }
}

TEST_CASE("a duration is written in the largest unit that fits") {
    CHECK(duration_text(90s) == "90s");
    CHECK(duration_text(2min) == "2m");
    CHECK(duration_text(1500ms) == "1500ms");
    CHECK(duration_text(hours(48)) == "2d");
    CHECK(duration_text(0ms) == "0");
}
