#include <gate/config/scalars.hpp>

#include <catch.hpp>
#include <string>

using namespace gate::config;

TEST_CASE("durations are read with their unit") {
    const auto [text, expected] = GENERATE(table<std::string, long>({
        {"0", 0},
        {"0s", 0},
        {"1ms", 1},
        {"60s", 60'000},
        {"1.5s", 1'500},
        {"0.001s", 1},
        {"2m", 120'000},
        {"0.5m", 30'000},
        {"1h", 3'600'000},
        {"007s", 7'000},
        {"1000000000h", 3'600'000'000'000'000},
    }));
    INFO(text);
    const auto got = parse_duration(text);
    REQUIRE(got);
    CHECK(got->count() == expected);
}

TEST_CASE("a bad duration is refused with a sentence that helps") {
    const auto [text, expected] = GENERATE(table<std::string, std::string>({
        {"60", "needs a unit, such as 60s (ms, s, m, h)"},
        {"1.5", "needs a unit, such as 1.5s (ms, s, m, h)"},
        {"", "needs a duration, such as 60s, not ''"},
        {"soon", "needs a duration, such as 60s, not 'soon'"},
        {"-1s", "needs a duration, such as 60s, not '-1s'"},
        {"+1s", "needs a duration, such as 60s, not '+1s'"},
        {" 1s", "needs a duration, such as 60s, not ' 1s'"},
        {".5s", "needs a duration, such as 60s, not '.5s'"},
        {"1 s", "has the unknown unit ' s'; use ms, s, m or h"},
        {"1d", "has the unknown unit 'd'; use ms, s, m or h"},
        {"1S", "has the unknown unit 'S'; use ms, s, m or h"},
        {"1m30s", "has the unknown unit 'm30s'; use ms, s, m or h"},
        {"1.s", "needs 1 to 6 digits after the point"},
        {"1.2.3s", "needs 1 to 6 digits after the point"},
        {"1.0000001s", "needs 1 to 6 digits after the point"},
        {"1.5ms", "must be a whole number of milliseconds"},
        {"0.0005s", "must be a whole number of milliseconds"},
        {"1000000001s", "'1000000001' is too large"},
        {"99999999999999999999s", "'99999999999999999999' is too large"},
    }));
    INFO(text);
    const auto got = parse_duration(text);
    CHECK_FALSE(got);
    CHECK(got.error() == expected);
}

TEST_CASE("sizes are read with their unit") {
    const auto [text, expected] = GENERATE(table<std::string, std::uint64_t>({
        {"0", 0},
        {"0B", 0},
        {"17B", 17},
        {"16KiB", 16'384},
        {"1MiB", 1'048'576},
        {"2GiB", 2'147'483'648},
    }));
    INFO(text);
    const auto got = parse_size(text);
    REQUIRE(got);
    CHECK(*got == expected);
}

TEST_CASE("a bad size is refused with a sentence that helps") {
    const auto [text, expected] = GENERATE(table<std::string, std::string>({
        {"16", "needs a unit, such as 16B (B, KiB, MiB, GiB)"},
        {"16KB", "has the ambiguous unit 'KB'; write KiB, which is a power of 1024"},
        {"16kB", "has the ambiguous unit 'kB'; write KiB, which is a power of 1024"},
        {"1MB", "has the ambiguous unit 'MB'; write MiB, which is a power of 1024"},
        {"1GB", "has the ambiguous unit 'GB'; write GiB, which is a power of 1024"},
        {"1k", "has the unknown unit 'k'; use B, KiB, MiB or GiB"},
        {"1.5KiB", "needs a whole number and a unit, such as 16KiB, not '1.5KiB'"},
        {"KiB", "needs a whole number and a unit, such as 16KiB, not 'KiB'"},
        {"-1B", "needs a whole number and a unit, such as 16KiB, not '-1B'"},
        {"99999999999GiB", "'99999999999' is too large"},
    }));
    INFO(text);
    const auto got = parse_size(text);
    CHECK_FALSE(got);
    CHECK(got.error() == expected);
}

TEST_CASE("rates of bytes are read with their unit") {
    const auto [text, expected] = GENERATE(table<std::string, std::uint64_t>({
        {"0", 0},
        {"0B/s", 0},
        {"500B/s", 500},
        {"2KiB/s", 2'048},
        {"1MiB/s", 1'048'576},
        {"1GiB/s", 1'073'741'824},
    }));
    INFO(text);
    const auto got = parse_byte_rate(text);
    REQUIRE(got);
    CHECK(*got == expected);
}

TEST_CASE("a bad rate of bytes is refused with a sentence that helps") {
    const auto [text, expected] = GENERATE(table<std::string, std::string>({
        {"500", "needs a unit, such as 500B/s (B/s, KiB/s, MiB/s, GiB/s)"},
        {"500/s", "needs a unit, such as 500B/s (B/s, KiB/s, MiB/s, GiB/s)"},
        {"500B", "has the unknown unit 'B'; use B/s, KiB/s, MiB/s or GiB/s"},
        {"500b/s", "has the unknown unit 'b/s'; use B/s, KiB/s, MiB/s or GiB/s"},
        {"500KB/s", "has the unknown unit 'KB/s'; use B/s, KiB/s, MiB/s or GiB/s"},
        {"500B/m", "has the unknown unit 'B/m'; use B/s, KiB/s, MiB/s or GiB/s"},
        {"500B/s/s", "has the unknown unit 'B/s/s'; use B/s, KiB/s, MiB/s or GiB/s"},
        {"500 B/s", "has the unknown unit ' B/s'; use B/s, KiB/s, MiB/s or GiB/s"},
        {"1.5KiB/s", "needs a whole number and a unit, such as 500B/s, not '1.5KiB/s'"},
        {"-1B/s", "needs a whole number and a unit, such as 500B/s, not '-1B/s'"},
        {"B/s", "needs a whole number and a unit, such as 500B/s, not 'B/s'"},
        {"/s", "needs a whole number and a unit, such as 500B/s, not '/s'"},
        {"", "needs a whole number and a unit, such as 500B/s, not ''"},
        {"99999999999GiB/s", "'99999999999' is too large"},
    }));
    INFO(text);
    const auto got = parse_byte_rate(text);
    CHECK_FALSE(got);
    CHECK(got.error() == expected);
}

TEST_CASE("shares are whole percents") {
    CHECK(*parse_share("0") == 0);
    CHECK(*parse_share("1%") == 1);
    CHECK(*parse_share("50%") == 50);
    CHECK(*parse_share("100%") == 100);
    const auto [text, expected] = GENERATE(table<std::string, std::string>({
        {"50", "needs a unit, such as 50%"},
        {"0.5", "needs a share, such as 50%, not '0.5'"},
        {"12.5%", "needs a share, such as 50%, not '12.5%'"},
        {"-1%", "needs a share, such as 50%, not '-1%'"},
        {"%", "needs a share, such as 50%, not '%'"},
        {"", "needs a share, such as 50%, not ''"},
        {"half", "needs a share, such as 50%, not 'half'"},
        {"50 %", "has the unknown unit ' %'; use %"},
        {"50%%", "has the unknown unit '%%'; use %"},
        {"50percent", "has the unknown unit 'percent'; use %"},
        {"99999999999%", "'99999999999' is too large"},
    }));
    INFO(text);
    const auto got = parse_share(text);
    CHECK_FALSE(got);
    CHECK(got.error() == expected);
}

TEST_CASE("numbers are decimal and nothing else") {
    CHECK(*parse_count("0") == 0);
    CHECK(*parse_count("1000000000") == 1'000'000'000);
    const auto [text, expected] = GENERATE(table<std::string, std::string>({
        {"0777", "needs a decimal number without leading zeros, not '0777'"},
        {"0x10", "needs a whole decimal number, not '0x10'"},
        {"1_000", "needs a whole decimal number, not '1_000'"},
        {"1e3", "needs a whole decimal number, not '1e3'"},
        {"1.0", "needs a whole decimal number, not '1.0'"},
        {"-1", "needs a whole decimal number, not '-1'"},
        {"", "needs a whole decimal number, not ''"},
        {"1000000001", "'1000000001' is too large"},
    }));
    INFO(text);
    const auto got = parse_count(text);
    CHECK_FALSE(got);
    CHECK(got.error() == expected);
}

TEST_CASE("a boolean is true or false in lower case") {
    CHECK(*parse_boolean("true"));
    CHECK_FALSE(*parse_boolean("false"));
    const std::string text = GENERATE("yes", "no", "on", "off", "True", "FALSE", "1", "0", "y", "");
    INFO(text);
    CHECK(parse_boolean(text).error() == "needs true or false, not '" + text + "'");
}

TEST_CASE("durations and sizes are printed in the largest unit that fits, and read again") {
    const auto [ms, text] = GENERATE(table<long, std::string>({{0, "0s"},
                                                               {1, "1ms"},
                                                               {1'500, "1500ms"},
                                                               {60'000, "60s"},
                                                               {90'000, "90s"},
                                                               {120'000, "2m"},
                                                               {3'600'000, "1h"}}));
    CHECK(format_duration(duration(ms)) == text);
    CHECK(parse_duration(text)->count() == ms);

    CHECK(format_size(0) == "0B");
    CHECK(format_size(1'000) == "1000B");
    CHECK(format_size(16'384) == "16KiB");
    CHECK(format_size(3'221'225'472) == "3GiB");

    CHECK(format_byte_rate(0) == "0B/s");
    CHECK(format_byte_rate(500) == "500B/s");
    CHECK(format_byte_rate(2'048) == "2KiB/s");
    CHECK(format_share(50) == "50%");
}
