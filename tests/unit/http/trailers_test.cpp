#include <gate/http/trailers.hpp>

#include <catch.hpp>

using gate::http::append_permitted_trailers;

namespace {

std::string permitted(const std::string& section) {
    std::string out;
    append_permitted_trailers(section, out);
    return out;
}

}  // namespace

TEST_CASE("harmless trailers pass byte for byte") {
    const std::string section = "Grpc-Status: 0\r\nx-checksum:  1 \r\nServer-Timing: db\r\nDigest: x\r\n";
    CHECK(permitted(section) == section);
    CHECK(permitted("").empty());
}

TEST_CASE("rule 5: trailers that a receiver could take for headers of consequence are dropped") {
    for (const std::string name : {"Content-Length",
                                   "Transfer-Encoding",
                                   "Trailer",
                                   "Host",
                                   "Connection",
                                   "Upgrade",
                                   "Authorization",
                                   "Proxy-Authorization",
                                   "WWW-Authenticate",
                                   "Set-Cookie",
                                   "Cookie",
                                   "Cache-Control",
                                   "Expires",
                                   "Content-Type",
                                   "Content-Encoding",
                                   "Content-Range",
                                   "Location",
                                   "Retry-After",
                                   "Date",
                                   "X-Gate-Account-Id",
                                   "x_gate_account_id",
                                   "X-Forwarded-For",
                                   "X-Request-Id",
                                   "X_Request_Id",
                                   "Content_Length",
                                   "set_cookie",
                                   "TE",
                                   "Forwarded",
                                   "Vary"}) {
        INFO(name);
        CHECK(permitted("A: 1\r\n" + name + ": evil\r\nB: 2\r\n") == "A: 1\r\nB: 2\r\n");
    }
}

TEST_CASE("permitted trailers are appended") {
    std::string out = "0\r\n";
    append_permitted_trailers("A: 1\r\nHost: x\r\n", out);
    CHECK(out == "0\r\nA: 1\r\n");
}
