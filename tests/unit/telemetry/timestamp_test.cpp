#include <gate/telemetry/timestamp.hpp>

#include <catch.hpp>
#include <string>

using namespace gate;
using namespace std::chrono_literals;

namespace {

std::string stamp(telemetry::timestamp_writer& writer, core::wall_clock::time_point when) {
    std::string text(telemetry::timestamp_writer::length, '?');
    CHECK(writer.write(text.data(), when) == text.data() + text.size());
    return text;
}

}  // namespace

TEST_CASE("time stamps are RFC 3339 in UTC, whatever came before") {
    telemetry::timestamp_writer writer;
    const core::wall_clock::time_point leap_day = std::chrono::sys_days(2028y / 2 / 29);
    CHECK(stamp(writer, core::wall_clock::time_point()) == "1970-01-01T00:00:00.000Z");
    CHECK(stamp(writer, leap_day) == "2028-02-29T00:00:00.000Z");
    CHECK(stamp(writer, leap_day + 999ms) == "2028-02-29T00:00:00.999Z");
    CHECK(stamp(writer, leap_day + 1s + 1ms + 999us) == "2028-02-29T00:00:01.001Z");
    CHECK(stamp(writer, leap_day + 5ms) == "2028-02-29T00:00:00.005Z");  // the clock went back
    CHECK(stamp(writer, leap_day + 23h + 59min + 59s) == "2028-02-29T23:59:59.000Z");
    CHECK(stamp(writer, leap_day + 24h) == "2028-03-01T00:00:00.000Z");
}
