#pragma once
// Heads for the tests: the text and what the parser makes of it, kept together.

#include <gate/http/framing.hpp>
#include <gate/http/head_parser.hpp>

#include <catch.hpp>
#include <string>

namespace gate::http::test {

inline constexpr head_limits limits{16 * 1024, 100, 8 * 1024};

// reason::none if it went well.
template <class T>
core::reason why(const core::result<T>& outcome) {
    return outcome ? core::reason::none : core::reason_of(outcome.error());
}

inline core::reason parse(const std::string& text, request_head& head,
                          const identity_names& identity = identity_names("X-Gate-Account-Id")) {
    return why(parse_request_head(text, limits, identity, head));
}

inline core::reason parse(const std::string& text, response_head& head) {
    return why(parse_response_head(text, limits, head));
}

template <class Head>
struct parsed {
    std::string text;
    Head head;
    connection_options options;

    explicit parsed(std::string whole) : text(std::move(whole)) {
        INFO(text);
        REQUIRE(parse(text, head) == core::reason::none);
        read_connection_options(head, options);
    }
    parsed(const parsed&) = delete;
};

struct request : parsed<request_head> {
    // A GET with these field lines, each with its CRLF, after "Host: a.test".
    static std::string with(const std::string& lines, const std::string& line = "GET /x HTTP/1.1") {
        return line + "\r\nHost: a.test\r\n" + lines + "\r\n";
    }
    explicit request(std::string whole) : parsed(std::move(whole)) {}
};

struct response : parsed<response_head> {
    static std::string with(const std::string& lines, const std::string& line = "HTTP/1.1 200 OK") {
        return line + "\r\n" + lines + "\r\n";
    }
    explicit response(std::string whole) : parsed(std::move(whole)) {}
};

}  // namespace gate::http::test
