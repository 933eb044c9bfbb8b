#include <gate/client/http_date.hpp>

#include <catch.hpp>
#include <string>

using namespace gate::client;
using namespace std::chrono_literals;

namespace {

using wall_time = gate::core::wall_clock::time_point;
const wall_time now{784111777s};  // Sun, 06 Nov 1994 08:49:37 GMT

}  // namespace

TEST_CASE("RFC 9110 5.6.7: all three forms of a date are read") {
    for (const std::string text :
         {"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"}) {
        INFO(text);
        CHECK(parse_http_date(text, now) == now);
    }
    CHECK(parse_http_date("Sun Nov 16 08:49:37 1994", now) == now + 240h);
}

TEST_CASE("a year of two digits is never more than 50 years ahead") {
    CHECK(parse_http_date("Sunday, 06-Nov-44 08:49:37 GMT", now) > now);
    CHECK(parse_http_date("Sunday, 06-Nov-45 08:49:37 GMT", now) < now);
}

TEST_CASE("what is no HTTP-date is refused") {
    for (const std::string text :
         {"", "Sun", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 UTC",
          "Sun, 06 Nov 1994 08:49:37 GMT ", "Sun, 31 Nov 1994 08:49:37 GMT", "Xxx, 06 Nov 1994 08:49:37 GMT",
          "Sun, 06 Nix 1994 08:49:37 GMT", "Sun, 6 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT",
          "1994-11-06T08:49:37Z", "Sun Nov 6 08:49:37 1994"}) {
        INFO(text);
        CHECK_FALSE(parse_http_date(text, now));
    }
}

TEST_CASE("RFC 9110 10.2.3: Retry-After is seconds or a date") {
    CHECK(parse_retry_after("0", now) == 0s);
    CHECK(parse_retry_after("120", now) == 120s);
    CHECK(parse_retry_after(" 7\t", now) == 7s);
    CHECK(parse_retry_after("99999999999999999999999", now) == 31'536'000s);
    CHECK(parse_retry_after("Sun, 06 Nov 1994 08:50:07 GMT", now) == 30s);
    CHECK(parse_retry_after("Sun, 06 Nov 1994 08:50:07 GMT", now + 1ms) == 30s);
    CHECK(parse_retry_after("Sun, 06 Nov 1994 08:49:07 GMT", now) == 0s);
    CHECK(parse_retry_after("Sun, 06 Nov 1599 08:49:37 GMT", now) == 0s);
    CHECK(parse_retry_after("Sun, 06 Nov 9994 08:49:37 GMT", now) > 31'536'000s);
    for (const std::string text : {"", " ", "-1", "1.5", "5s", "soon", "1, 2"}) {
        INFO(text);
        CHECK_FALSE(parse_retry_after(text, now));
    }
}
