#include <gate/http/date.hpp>

#include <catch.hpp>
#include <chrono>

using namespace std::chrono;
using gate::http::date_text;

TEST_CASE("a date is written as an IMF-fixdate") {
    date_text date;
    const std::pair<long, const char*> cases[] = {{784111777, "Sun, 06 Nov 1994 08:49:37 GMT"},
                                                  {0, "Thu, 01 Jan 1970 00:00:00 GMT"},
                                                  {1709164800, "Thu, 29 Feb 2024 00:00:00 GMT"},
                                                  {4102444799, "Thu, 31 Dec 2099 23:59:59 GMT"}};
    for (const auto& [second, text] : cases) {
        INFO(second);
        CHECK(date.at(system_clock::time_point(seconds(second))) == text);
        CHECK(date.at(system_clock::time_point(seconds(second) + milliseconds(999))) == text);
    }
}
