#include <gate/verify/rfc3339.hpp>

#include <catch.hpp>
#include <string>
#include <vector>

using gate::verify::parse_rfc3339;

namespace {

struct row {
    std::string text;
    long long milliseconds;  // since 1970
};

}  // namespace

TEST_CASE("points in time of RFC 3339 are read") {
    const std::vector<row> rows{
        {"1970-01-01T00:00:00Z", 0},
        {"1994-11-06T08:49:37Z", 784111777000},
        {"1994-11-06t08:49:37z", 784111777000},
        {"1994-11-06T08:49:37.5Z", 784111777500},
        {"1994-11-06T08:49:37.123456789123Z", 784111777123},
        {"1994-11-06T09:49:37+01:00", 784111777000},
        {"1994-11-05T21:49:37-11:00", 784111777000},
        {"1994-11-06T08:49:37-00:00", 784111777000},
        {"2024-02-29T23:59:59Z", 1709251199000},
        {"1990-12-31T23:59:60Z", 662688000000},
        {"1990-12-31T15:59:60-08:00", 662688000000},
        {"9999-12-31T23:59:59Z", 7258118400000},  // clamped: the wall clock does not go there
        {"0001-01-01T00:00:00Z", 0},
    };
    for (const auto& each : rows) {
        INFO(each.text);
        const auto got = parse_rfc3339(each.text);
        REQUIRE(got);
        CHECK(std::chrono::duration_cast<std::chrono::milliseconds>(got->time_since_epoch()).count() ==
              each.milliseconds);
    }
}

TEST_CASE("what is no point in time of RFC 3339 is refused") {
    for (const std::string text : {"",
                                   "1994-11-06",
                                   "1994-11-06T08:49:37",
                                   "1994-11-06 08:49:37Z",
                                   "1994-11-06T08:49:37.Z",
                                   "1994-11-06T08:49:37+0100",
                                   "1994-11-06T08:49:37+24:00",
                                   "1994-11-06T08:49:37+01:60",
                                   "1994-13-06T08:49:37Z",
                                   "1994-00-06T08:49:37Z",
                                   "1994-11-31T08:49:37Z",
                                   "2023-02-29T00:00:00Z",
                                   "1994-11-06T24:00:00Z",
                                   "1994-11-06T08:60:37Z",
                                   "1994-11-06T08:49:60Z",
                                   "1994-11-06T08:49:61Z",
                                   "1994-11-06T08:49:37Zx",
                                   "1994-11-06T08:49:37Z ",
                                   " 1994-11-06T08:49:37Z",
                                   "94-11-06T08:49:37Z",
                                   "+994-11-06T08:49:37Z",
                                   "1994-11-06T08:49:37,5Z",
                                   "1994-11-06T8:49:37Z",
                                   "784111777"}) {
        INFO(text);
        CHECK_FALSE(parse_rfc3339(text));
    }
}
