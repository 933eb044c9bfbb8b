#include "parsed.hpp"

#include <gate/http/rewrite.hpp>

using namespace gate::http;
using test::request;

namespace {

constexpr std::string_view ours =
    "X-Forwarded-For: 192.0.2.7\r\n"
    "X-Forwarded-Proto: http\r\n"
    "X-Forwarded-Host: a.test\r\n"
    "X-Request-Id: req_1\r\n"
    "traceparent: 00-ours\r\n";

struct rewriting {
    std::string text;
    request_facts asked;
    upstream_rewrite how{.identity_line = {},
                         .verification_line = {},
                         .client_cert_line = {},
                         .client_address = "192.0.2.7",
                         .forwarded_for = {},
                         .forwarded_proto = "http",
                         .forwarded_host = {},
                         .request_id = "req_1",
                         .traceparent = "00-ours"};
    std::size_t identities = 0;
    std::string out;

    explicit rewriting(std::string whole, std::vector<std::string> passed = {}) : text(std::move(whole)) {
        const reading_rules rules{test::limits, identity_names("X-Gate-Account-Id"), std::move(passed)};
        INFO(text);
        REQUIRE(read_request(text, rules, asked));
    }

    rewriting& run() {
        identities = append_upstream_head(asked, how, out);
        return *this;
    }
};

// What goes upstream for a GET with these lines.
std::string rewritten(const std::string& lines) {
    return rewriting(request::with(lines)).run().out;
}

std::string expected(const std::string& lines) {
    return "GET /x HTTP/1.1\r\nHost: a.test\r\n" + lines + std::string(ours) + "\r\n";
}

std::string without(std::string text, const std::string& part) {
    const auto at = text.find(part);
    REQUIRE(at != std::string::npos);
    return text.erase(at, part.size());
}

}  // namespace

TEST_CASE("untouched fields go upstream byte for byte and in order") {
    const std::string lines =
        "Accept:  */* \r\ncookie: a=1\r\nCookie: b=2\r\nX-Odd!:\xff\r\nSec-WebSocket-Key: k\r\n";
    CHECK(rewritten(lines) == expected(lines));
    CHECK(rewritten("") == expected(""));
}

TEST_CASE("hop-by-hop fields do not go on") {
    for (const std::string line :
         {"Connection: close\r\n", "Keep-Alive: timeout=5\r\n", "Proxy-Connection: keep-alive\r\n",
          "Proxy-Authorization: Basic x\r\n", "TE: gzip\r\n", "Trailer: X-T\r\n", "Upgrade: h2c\r\n",
          "HTTP2-Settings: AAM\r\n", "Connection: X-Hop\r\nX-Hop: 1\r\n",
          "x-hop: 2\r\nConnection: close,X-HOP\r\n", "Expect: 100-continue\r\n"}) {
        INFO(line);
        CHECK(rewritten("A: 1\r\n" + line + "B: 2\r\n") == expected("A: 1\r\nB: 2\r\n"));
    }
}

TEST_CASE("Via is added after what others have said, with the version that the request came in") {
    rewriting w(request::with("Via: 1.0 fred\r\nA: 1\r\n"));
    w.how.add_via = true;
    CHECK(w.run().out == expected("Via: 1.0 fred\r\nA: 1\r\nVia: 1.1 gate-sidecar\r\n"));
    rewriting old("GET /x HTTP/1.0\r\nHost: a.test\r\n\r\n");
    old.how.add_via = true;
    CHECK(old.run().out == expected("Via: 1.0 gate-sidecar\r\n"));
    rewriting named(request::with("Connection: via\r\n"));
    named.how.add_via = true;
    CHECK(named.run().out == expected("Via: 1.1 gate-sidecar\r\n"));
}

TEST_CASE("rule 1: the client's identity is stripped in every spelling, and counted") {
    rewriting w(request::with(
        "X-Gate-Account-Id: evil\r\nA: 1\r\nX_Gate_Account_Id: evil\r\nx.gate.account.id: evil\r\n"
        "X-GATE-ACCOUNT-ID: evil\r\nX-Gate-Admin: evil\r\nX-Gate-Verification: evil\r\n"));
    w.how.identity_line = "X-Gate-Account-Id: gacct_1\r\n";
    w.how.verification_line = "X-Gate-Verification: fresh\r\n";
    CHECK(w.run().identities == 6);
    CHECK(w.out.find("evil") == std::string::npos);
    CHECK(w.out.ends_with("X-Gate-Account-Id: gacct_1\r\nX-Gate-Verification: fresh\r\n\r\n"));
}

TEST_CASE("rule 2: the identity is stripped where nobody is vouched for, too") {
    CHECK(rewritten("X-Gate-Account-Id: evil\r\n") == expected(""));
}

TEST_CASE("rule 3: the client cannot have our fields removed") {
    rewriting w(
        request::with("Connection: X-Gate-Account-Id, X-Forwarded-For, X-Forwarded-Proto, X-Forwarded-Host, "
                      "X-Request-Id, Host, "
                      "traceparent, Content-Length, Transfer-Encoding\r\nContent-Length: 5\r\n"));
    w.how.identity_line = "X-Gate-Account-Id: gacct_1\r\n";
    CHECK(w.run().out == "GET /x HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\n" + std::string(ours) +
                             "X-Gate-Account-Id: gacct_1\r\n\r\n");
}

TEST_CASE("rule 3: known end-to-end fields cannot be removed by naming them") {
    const std::string lines = "Authorization: Basic x\r\nUser-Agent: u\r\n";
    CHECK(rewritten("Connection: authorization, user-agent\r\n" + lines) == expected(lines));
}

TEST_CASE("rule 7: forwarding fields of the client are replaced by ours") {
    CHECK(rewritten(
              "X-Forwarded-For: 6.6.6.6\r\nx-forwarded-proto: https\r\nX-Forwarded-Host: "
              "evil\r\nX-Forwarded-Port: "
              "1\r\nX_Forwarded_For: 6.6.6.6\r\nForwarded: for=6.6.6.6\r\nX-Real-IP: 6.6.6.6\r\nX_Real_Ip: "
              "6.6.6.6\r\nX-Request-Id: evil\r\n") == expected(""));
}

TEST_CASE("rule 7: what moves a request to another path or method is removed") {
    CHECK(
        rewritten("X-Original-URL: /admin\r\nX-Original-URI: /admin\r\nx-rewrite-url: /admin\r\n"
                  "X-HTTP-Method-Override: DELETE\r\nX_HTTP_Method: DELETE\r\nX.Method-Override: PUT\r\n") ==
        expected(""));
}

TEST_CASE("rule 7: of the fields that move a request those pass that are named, in their own spelling") {
    const std::vector<std::string> names{"X-Http-Method-Override"};
    rewriting w(request::with("X-HTTP-Method-Override: PUT\r\nX_HTTP_Method_Override: PUT\r\n"
                              "X-Original-URL: /admin\r\nx-http-method-override: PATCH\r\n"),
                names);
    CHECK(w.asked.head.has(field_id::rerouting_passed));
    CHECK(w.run().out == expected("X-HTTP-Method-Override: PUT\r\nx-http-method-override: PATCH\r\n"));
    const rewriting other(request::with("X-Original-URL: /admin\r\n"), names);
    CHECK_FALSE(other.asked.head.has(field_id::rerouting_passed));
}

TEST_CASE("rule 7: the client's address as other proxies call it comes from a trusted proxy only") {
    const std::string lines =
        "True-Client-IP: 6.6.6.6\r\nCF-Connecting-IP: 6.6.6.6\r\nX-Client-IP: 6.6.6.6\r\nClient-IP: "
        "6.6.6.6\r\nX-Cluster-Client-IP: 6.6.6.6\r\nForwarded-For: 6.6.6.6\r\n";
    CHECK(rewritten(lines + "True_Client_IP: 6.6.6.6\r\n") == expected(""));
    rewriting w(request::with(lines + "True_Client_IP: 6.6.6.6\r\n"));
    w.how.keep_client_ip = true;
    CHECK(w.run().out == expected(lines));
}

TEST_CASE("what a trusted proxy said goes before our own word") {
    rewriting w(request::with(""));
    w.how.forwarded_for = "198.51.100.1, 10.0.0.1";
    w.how.forwarded_proto = "https";
    w.how.forwarded_host = "public.test";
    w.run();
    CHECK(w.out.find("\r\nX-Forwarded-For: 198.51.100.1, 10.0.0.1, 192.0.2.7\r\n") != std::string::npos);
    CHECK(w.out.find("\r\nX-Forwarded-Proto: https\r\n") != std::string::npos);
    CHECK(w.out.find("\r\nX-Forwarded-Host: public.test\r\n") != std::string::npos);
    CHECK(w.out.find("\r\nHost: a.test\r\n") != std::string::npos);
}

TEST_CASE(
    "rule 1: what the client says of its certificate is removed in every spelling, and ours comes once") {
    const std::string theirs =
        "X-Forwarded-Client-Cert: Hash=00;URI=spiffe://evil.test/a\r\n"
        "x_forwarded_client_cert: a\r\nX.Forwarded.Client.Cert: b\r\nX-FORWARDED_CLIENT-CERT: c\r\n"
        "x-forwarded-client~cert: d\r\nX-Forwarded-Client-Cert: e\r\n";
    CHECK(rewritten(theirs) == expected(""));
    CHECK(rewritten("Connection: X-Forwarded-Client-Cert\r\n" + theirs) == expected(""));
    rewriting one(request::with("Connection: X-Forwarded-Client-Cert, close\r\n" + theirs));
    one.how.client_cert_line = "X-Forwarded-Client-Cert: Hash=ab\r\n";
    one.how.keep_client_ip = true;  // not even from a trusted proxy
    CHECK(without(one.run().out, "X-Forwarded-Client-Cert: Hash=ab\r\n") == expected(""));
}

TEST_CASE("rule 19: framing is made afresh") {
    const struct {
        std::string lines;
        std::string framing;
    } table[] = {
        {"content-length:    0005 \r\n", "Content-Length: 5\r\n"},
        {"Content-Length: 0\r\n", "Content-Length: 0\r\n"},
        {"transfer-encoding: CHUNKED\r\n", "Transfer-Encoding: chunked\r\n"},
        {"Content-Length: 9223372036854775807\r\n", "Content-Length: 9223372036854775807\r\n"},
    };
    for (const auto& row : table) {
        INFO(row.lines);
        CHECK(rewritten(row.lines) == expected(row.framing));
    }
}

TEST_CASE("a verified token is taken off, and another authorization is not") {
    CHECK(rewritten("Authorization: Bearer agt_x\r\nA: 1\r\n") ==
          expected("Authorization: Bearer agt_x\r\nA: 1\r\n"));
    rewriting w(request::with("Authorization: Bearer agt_x\r\nA: 1\r\n"));
    w.how.drop_authorization = true;
    CHECK(w.run().out == expected("A: 1\r\n"));
}

TEST_CASE("one Connection line says what we ask for") {
    const auto text = request::with("Connection: Upgrade, TE\r\nUpgrade: websocket\r\nTE: trailers\r\n");
    const struct {
        bool upgrade, trailers;
        std::string lines;
    } table[] = {
        {false, false, ""},
        {true, false, "Connection: upgrade\r\nUpgrade: websocket\r\n"},
        {false, true, "Connection: TE\r\nTE: trailers\r\n"},
        {true, true, "Connection: upgrade, TE\r\nUpgrade: websocket\r\nTE: trailers\r\n"},
    };
    for (const auto& row : table) {
        rewriting w(text);
        w.asked.features.websocket = row.upgrade;
        w.asked.features.trailers = row.trailers;
        CHECK(w.run().out == expected(row.lines));
    }
}

TEST_CASE("an expectation goes on only when it is accepted") {
    CHECK(rewritten("Expect: 100-continue\r\nContent-Length: 1\r\n") ==
          expected("Expect: 100-continue\r\nContent-Length: 1\r\n"));
    CHECK(rewritten("Expect: 100-continue\r\n") == expected(""));
}

TEST_CASE("the trace that goes on names our own span, and keeps its state only if it is the client's") {
    const std::string good = "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\r\n";
    const std::string states = "tracestate: a=1\r\nTraceState: b=2\r\n";
    CHECK(rewritten(good + states) == expected(states));
    for (const std::string& lines : {good + good, std::string("traceparent: nonsense\r\n"), std::string()}) {
        INFO(lines);
        CHECK(rewritten(lines + states) == expected(""));
    }
    rewriting w(request::with(""));
    w.how.traceparent = {};
    CHECK(w.run().out == without(expected(""), "traceparent: 00-ours\r\n"));
}

TEST_CASE("an absolute target becomes its origin form, and its authority the Host") {
    const struct {
        std::string target;
        std::string forwarded;
    } table[] = {{"http://b.test/y?z", "/y?z"}, {"http://b.test", "/"}, {"http://b.test?z", "/?z"}};
    for (const auto& row : table) {
        INFO(row.target);
        rewriting w(request::with("", "GET " + row.target + " HTTP/1.1"));
        CHECK(w.run().out.starts_with("GET " + row.forwarded + " HTTP/1.1\r\nHost: b.test\r\nX-"));
    }
}

TEST_CASE("rule 8: the bytes of the target go on as they came") {
    rewriting w(request::with("", "PROPFIND /a/../%2e//b;c?d|e HTTP/1.0"));
    CHECK(w.run().out.starts_with("PROPFIND /a/../%2e//b;c?d|e HTTP/1.1\r\nHost: a.test\r\n"));
}

TEST_CASE("a head is appended to what is there already") {
    rewriting w(request::with("A: 1\r\n"));
    w.out = "before";
    CHECK(w.run().out == "before" + expected("A: 1\r\n"));
}

TEST_CASE("a request that may go further goes one step less far") {
    rewriting w(request::with("Max-Forwards: 3\r\nA: 1\r\n", "OPTIONS /x HTTP/1.1"));
    CHECK(w.run().out ==
          "OPTIONS /x HTTP/1.1\r\nHost: a.test\r\nA: 1\r\n" +
              std::string(ours).insert(std::string(ours).find("X-Request-Id"), "Max-Forwards: 2\r\n") +
              "\r\n");
    CHECK(rewritten("Max-Forwards: 3\r\n") == expected("Max-Forwards: 3\r\n"));
}
