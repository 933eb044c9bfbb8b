#include "parsed.hpp"

#include <gate/http/request_facts.hpp>

using namespace gate::http;
using gate::core::reason;

namespace {

const reading_rules rules{test::limits, identity_names("X-Gate-Account-Id"), {"X-Original-URL"}};

reason read(const std::string& text, request_facts& out) {
    out.clear();
    return test::why(read_request(text, rules, out));
}

}  // namespace

TEST_CASE("a request is read once, with all that it asks for") {
    const std::string text =
        "GET http://b.test/x?y HTTP/1.1\r\nHost: a.test\r\nConnection: close, upgrade, X-Hop\r\n"
        "Upgrade: websocket\r\nX-Request-Id: r1\r\nX-Original-URL: /z\r\n"
        "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n\r\n";
    request_facts facts;
    REQUIRE(read(text, facts) == reason::none);
    CHECK(facts.head.verb == method::get);
    CHECK(facts.target.path == "/x");
    CHECK(facts.host == "b.test");
    CHECK(facts.connection.close);
    CHECK(facts.connection.others.size() == 1);
    CHECK(facts.framing == body_framing{});
    CHECK(facts.features.websocket);
    CHECK(facts.request_id == "r1");
    CHECK(facts.parent_trace.starts_with("00-4bf9"));
    CHECK(facts.max_forwards == -1);
    CHECK(facts.head.has(field_id::rerouting_passed));
}

TEST_CASE("nothing of a request is left in the facts of the next") {
    const std::string first =
        "OPTIONS /x HTTP/1.1\r\nHost: a.test\r\nMax-Forwards: 0\r\nX-Request-Id: r1\r\nExpect: "
        "100-continue\r\n"
        "Connection: X-Hop\r\nContent-Length: 3\r\n\r\n";
    request_facts facts;
    REQUIRE(read(first, facts) == reason::none);
    CHECK(facts.max_forwards == 0);
    CHECK(facts.features.expects_continue);
    REQUIRE(read("GET / HTTP/1.0\r\n\r\n", facts) == reason::none);
    CHECK(facts.max_forwards == -1);
    CHECK(facts.request_id.empty());
    CHECK(facts.connection.others.empty());
    CHECK_FALSE(facts.features.expects_continue);
    CHECK(facts.host.empty());
    CHECK(facts.framing == body_framing{});
}

TEST_CASE("an id or a trace that cannot be used is not there") {
    request_facts facts;
    const auto odd = test::request::with("X-Request-Id: a b\r\ntraceparent: no\r\n");
    REQUIRE(read(odd, facts) == reason::none);
    CHECK(facts.request_id.empty());
    CHECK(facts.parent_trace.empty());
    const auto twice = test::request::with("X-Request-Id: a\r\nX-Request-Id: a\r\n");
    REQUIRE(read(twice, facts) == reason::none);
    CHECK(facts.request_id.empty());
}

TEST_CASE("what makes a request unacceptable is found in this order") {
    const struct {
        std::string text;
        reason why;
    } table[] = {
        {"GET / HTTP/2.0\r\n\r\n", reason::unsupported_version},
        {"CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\nHost: b\r\n\r\n", reason::method_refused},
        {"GET / HTTP/1.1\r\nConnection: a b\r\n\r\n", reason::bad_host},
        {test::request::with("Connection: a b\r\nTransfer-Encoding: gzip\r\n"), reason::bad_field},
        {test::request::with("Transfer-Encoding: gzip\r\nExpect: more\r\n"), reason::unsupported_coding},
        {test::request::with("Expect: more\r\n"), reason::bad_expectation},
        {test::request::with("Connection: upgrade\r\nUpgrade: websocket\r\nContent-Length: 1\r\n"),
         reason::bad_upgrade},
    };
    request_facts facts;
    for (const auto& row : table) {
        INFO(row.text);
        CHECK(read(row.text, facts) == row.why);
    }
}

TEST_CASE("the ids of a request that expects too much are known for the log") {
    request_facts facts;
    const auto text = test::request::with("X-Request-Id: r1\r\nExpect: more\r\n");
    CHECK(read(text, facts) == reason::bad_expectation);
    CHECK(facts.request_id == "r1");
}
