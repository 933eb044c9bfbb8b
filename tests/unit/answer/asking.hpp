#pragma once
// The request by which another proxy asks, read as the answering listener reads it.

#include <gate/http/request_facts.hpp>

#include <catch.hpp>
#include <string>

namespace gate::test {

struct asking {
    // `fields`: each with its CRLF.
    explicit asking(const std::string& fields, const std::string& line = "GET /auth HTTP/1.1",
                    const std::string& host = "sidecar.test",
                    std::string_view header_name = "X-Gate-Account-Id")
        : text(line + "\r\nHost: " + host + "\r\n" + fields + "\r\n") {
        const http::reading_rules rules{{16384, 100, 8192}, http::identity_names(header_name), {}, true};
        const auto read = http::read_request(text, rules, facts);
        INFO(text);
        REQUIRE(read.has_value());
    }
    asking(const asking&) = delete;
    asking& operator=(const asking&) = delete;

    std::string text;
    http::request_facts facts;  // views into `text`
};

}  // namespace gate::test
