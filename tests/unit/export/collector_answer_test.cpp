#include <gate/export/collector_answer.hpp>

#include <catch.hpp>

using namespace gate;
using namespace gate::exporting;
using namespace std::chrono_literals;
using kind = collector_answer::kind;

namespace {

const core::wall_clock::time_point now{784111777s};  // Sun, 06 Nov 1994 08:49:37 GMT

collector_answer read(int status, std::string_view body = "", std::string_view retry_after = "") {
    return read_collector_answer(status, retry_after, body, now);
}

}  // namespace

TEST_CASE("OTLP/HTTP: what each status means for a batch") {
    for (const int status : {200, 202}) CHECK(read(status).meaning == kind::accepted);
    for (const int status : {429, 502, 503, 504}) CHECK(read(status).meaning == kind::retry);
    for (const int status : {301, 307, 400, 401, 404, 413, 500, 501})
        CHECK(read(status).meaning == kind::refused);
}

TEST_CASE("interim responses without an end come from something else than a collector") {
    for (const int status : {100, 102, 103, 199}) CHECK(read(status).meaning == kind::unreadable);
}

TEST_CASE("Retry-After is read as seconds and as a date, with what may be tried again") {
    CHECK(read(503, "", "7").retry_after == 7s);
    CHECK(read(429, "", "Sun, 06 Nov 1994 08:49:47 GMT").retry_after == 10s);
    CHECK_FALSE(read(503, "", "soon").retry_after);
    CHECK_FALSE(read(400, "", "7").retry_after);
}

TEST_CASE("a partial success says how many spans were rejected, and why") {
    const auto got = read(200, R"({"partialSuccess":{"rejectedSpans":"3","errorMessage":"too old"}})");
    CHECK(got.meaning == kind::accepted);
    CHECK(got.rejected == 3);
    CHECK(got.message == "too old");
    CHECK(read(200, R"({"partial_success":{"rejected_spans":2}})").rejected == 2);
    for (const auto* body : {"", " \n", "{}", R"({"partialSuccess":{}})", R"({"partialSuccess":null})",
                             R"({"partialSuccess":{"rejectedSpans":"-1"}})",
                             R"({"partialSuccess":{"rejectedSpans":[]}})", R"({"partialSuccess":[3]})"}) {
        INFO(body);
        CHECK(read(200, body).meaning == kind::accepted);
        CHECK(read(200, body).rejected == 0);
    }
}

TEST_CASE("a message of any length is cut") {
    const auto body = R"({"partialSuccess":{"errorMessage":")" + std::string(10'000, 'x') + "\"}}";
    CHECK(read(200, body).message.size() == 1024);
}

TEST_CASE("a success with a body that is no answer comes from something else than a collector") {
    for (const std::string body : {"<html>log in</html>", "[]", "ok", "{", "{} {}", "\xff\xfe", "null"}) {
        INFO(body);
        CHECK(read(200, body).meaning == kind::unreadable);
    }
    CHECK(read(200, std::string(60'000, '[')).meaning == kind::unreadable);
}
