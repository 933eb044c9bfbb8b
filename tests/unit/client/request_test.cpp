#include <gate/client/request.hpp>

#include <array>
#include <catch.hpp>
#include <string>

using namespace gate;
using client::request;
using client::request_text;

namespace {

std::string text_of(const request& what) {
    return std::string(request_text(what, "api.example")->reveal());
}

}  // namespace

TEST_CASE("a request is written field by field, in the order given") {
    const std::array<client::field, 2> fields{{{"Content-Type", "text/plain"}, {"X-A", "1"}}};
    CHECK(
        text_of({.method = "PUT", .target = "/a?b", .bearer = "key", .fields = fields, .body = "12345"}) ==
        "PUT /a?b HTTP/1.1\r\nHost: api.example\r\nAuthorization: Bearer key\r\nContent-Type: text/plain\r\n"
        "X-A: 1\r\nContent-Length: 5\r\n\r\n12345");
}

TEST_CASE("RFC 9110 8.6: the length of an empty body is sent where a method expects a body") {
    CHECK(text_of({}) == "GET / HTTP/1.1\r\nHost: api.example\r\n\r\n");
    CHECK(text_of({.method = "POST"}) == "POST / HTTP/1.1\r\nHost: api.example\r\nContent-Length: 0\r\n\r\n");
}

TEST_CASE("RFC 9110 7.2: Host leaves out the port that the scheme implies") {
    CHECK(client::authority_of({true, "api.example", 443, ""}) == "api.example");
    CHECK(client::authority_of({true, "api.example", 80, ""}) == "api.example:80");
    CHECK(client::authority_of({false, "api.example", 80, ""}) == "api.example");
    CHECK(client::authority_of({false, "127.0.0.1", 9901, "/base"}) == "127.0.0.1:9901");
    CHECK(client::authority_of({false, "::1", 8080, ""}) == "[::1]:8080");
}

TEST_CASE("a request in which one part could become another is not written") {
    for (const std::string& bad : {std::string("a\r\nX-Evil: 1"), std::string("a\n"), std::string("a\0b", 3),
                                   std::string("\x1b"), std::string("\x7f")}) {
        const std::array<client::field, 1> name{{{bad, "1"}}};
        const std::array<client::field, 1> value{{{"X-A", bad}}};
        CHECK(request_text({.method = bad}, "h").has_error());
        CHECK(request_text({.target = bad}, "h").has_error());
        CHECK(request_text({.bearer = bad}, "h").has_error());
        CHECK(request_text({.fields = name}, "h").has_error());
        CHECK(request_text({.fields = value}, "h").has_error());
        CHECK(request_text({.body = bad}, "h").has_value());
    }
    const std::array<client::field, 1> fields{{{"X-A", "\xc3\xa9"}}};
    CHECK(request_text({.fields = fields}, "h").has_value());
}
