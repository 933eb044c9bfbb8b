#include "parsed.hpp"

#include <gate/http/accept.hpp>

#include <array>

using namespace gate::http;

namespace {

bool prefers(std::string_view lines) {
    const test::request one(test::request::with(std::string(lines)));
    return prefers_problem(one.head);
}

bool accepts(std::string_view value) {
    return prefers("Accept: " + std::string(value) + "\r\n");
}

}  // namespace

TEST_CASE("a problem is preferred by its quality, and then by its specificity") {
    constexpr std::array<std::string_view, 17> preferred{
        "application/problem+json",
        "APPLICATION/Problem+JSON",
        "application/problem+json, text/html",
        "application/problem+json, */*",
        "*/*, application/problem+json",
        "application/*;q=0.8, application/problem+json;q=0.8",
        "application/json;q=0.9, application/problem+json",
        "application/problem+json;q=0.002, application/json;q=0.001",
        "application/problem+json ; q=0.5 , application/json\t;\tq=0.4",
        "text/html, application/problem+json;q=0.1",
        "application/json;q=0, application/*",
        "application/json;q=0, */*;q=0.1",
        "application/problem+json;charset=utf-8",
        "application/problem+json;x=\"a,b;c\\\"\";q=1.000",
        ",, application/problem+json ,,",
        "application/problem+json;q=1;ext=a;;",
        "application/problem+json;q=0.1, application/problem+json;q=0.9, application/json;q=0.5",
    };
    for (const auto value : preferred) {
        INFO(value);
        CHECK(accepts(value));
    }
}

TEST_CASE("without such a preference a problem is not sent") {
    CHECK_FALSE(prefers(""));
    constexpr std::array<std::string_view, 13> otherwise{
        "*/*",
        "application/*",
        "application/json",
        "application/json, application/problem+json",
        "application/problem+json, application/json",
        "application/problem+json;q=0.5, application/json",
        "application/problem+json;q=0.5, */*",
        "application/problem+json;q=0",
        "application/problem+json;q=0.000, text/html",
        "application/problem+xml",
        "text/problem+json",
        "application/problem+jsonx, application/xproblem+json",
        "",
    };
    for (const auto value : otherwise) {
        INFO(value);
        CHECK_FALSE(accepts(value));
    }
}

TEST_CASE("a malformed Accept says nothing") {
    constexpr std::array<std::string_view, 20> malformed{
        "application/problem+json;q=2",       "application/problem+json;q=1.001",
        "application/problem+json;q=0.0001",  "application/problem+json;q=",
        "application/problem+json;q",         "application/problem+json;q=.5",
        "application/problem+json;q=\"1\"",   "application/problem+json;q=1;q=1",
        "application/problem+json;q=-1",      "application/problem+json q=1",
        "application/problem+json text/html", "application/problem+json, text",
        "application/problem+json, text/",    "application/problem+json, /html",
        "application/problem+json, */html",   "application/problem+json;a=\"b",
        "application/problem+json;a=\"b\\",   "application/problem+json;a=",
        "application/problem+json, \xff/x",   "application /problem+json",
    };
    for (const auto value : malformed) {
        INFO(value);
        CHECK_FALSE(accepts(value));
    }
}

TEST_CASE("several Accept fields are one list") {
    CHECK(prefers("Accept: application/json;q=0.5\r\nACCEPT: application/problem+json\r\n"));
    CHECK_FALSE(prefers("Accept: application/problem+json;q=0.5\r\nAccept: application/json\r\n"));
    CHECK_FALSE(prefers("Accept: application/problem+json\r\nAccept: text\r\n"));
}

TEST_CASE("OpenMetrics is preferred by its quality, and then by its specificity") {
    constexpr std::array<std::string_view, 9> preferred{
        "application/openmetrics-text",
        "application/openmetrics-text;version=1.0.0",
        "application/openmetrics-text; version=\"1.0.0\"; charset=utf-8",
        "application/openmetrics-text;version=0.0.1;q=0.75,application/openmetrics-text;q=0.5,text/"
        "plain;q=0.4",
        // Prometheus 2.42, and 3.0
        "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
        "text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
        "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,"
        "application/openmetrics-text;version=0.0.1;q=0.4,text/"
        "plain;version=1.0.0;escaping=allow-utf-8;q=0.3,"
        "text/plain;version=0.0.4;q=0.2,*/*;q=0.1",
        "application/*, text/plain;q=0.9",
        "text/*;q=0.9, application/openmetrics-text;q=0.95",
        "*/*, application/openmetrics-text",
    };
    for (const auto value : preferred) {
        INFO(value);
        CHECK(prefers_openmetrics(value));
    }
}

TEST_CASE("without such a preference metrics are in Prometheus' own text") {
    constexpr std::array<std::string_view, 12> otherwise{
        "",
        "*/*",
        "text/plain",
        "text/plain;version=0.0.4",
        "text/html",
        "application/json",
        "application/openmetrics-text;q=0",
        "application/openmetrics-text;version=0.0.1",
        "application/openmetrics-text;version=2.0.0, text/plain;q=0.1",
        "application/openmetrics-text;q=0.5, text/plain",
        "application/openmetrics-text, text/plain",
        "application/openmetrics-text;q=2",
    };
    for (const auto value : otherwise) {
        INFO(value);
        CHECK_FALSE(prefers_openmetrics(value));
    }
}
