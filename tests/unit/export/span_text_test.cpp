#include "record.hpp"

#include <random>

using namespace export_test;

TEST_CASE("a verified request has a span of its own, one for the upstream and one for Gate") {
    telemetry::access_record line;
    fill(line);
    const parsed_spans spans(record(line), exporting::gate_attributes({}));
    REQUIRE(spans.document.Size() == 3);
    for (unsigned i = 0; i < 3; ++i) {
        CHECK(spans.at(i)["traceId"].GetString() == std::string("4bf92f3577b34da6a3ce929d0e0e4736"));
        CHECK_FALSE(spans.is_error(i));
    }
    const auto& server = spans.at(0);
    CHECK(server["spanId"].GetString() == std::string("00f067aa0ba902b7"));
    CHECK(server["parentSpanId"].GetString() == std::string("b7ad6b7169203331"));
    CHECK(server["kind"].GetInt() == 2);
    CHECK(server["flags"].GetInt() == 0x301);
    CHECK(server["name"].GetString() == std::string("GET"));
    CHECK(server["startTimeUnixNano"].GetString() == std::string("1699999999990000000"));
    CHECK(server["endTimeUnixNano"].GetString() == std::string("1700000000000000000"));
    const auto& upstream = spans.at(1);
    CHECK(upstream["spanId"].GetString() == std::string("1111111111111111"));
    CHECK(upstream["parentSpanId"].GetString() == std::string("00f067aa0ba902b7"));
    CHECK(upstream["kind"].GetInt() == 3);
    CHECK(upstream["flags"].GetInt() == 0x101);
    CHECK(upstream["startTimeUnixNano"].GetString() == std::string("1699999999995000000"));
    CHECK(upstream["endTimeUnixNano"].GetString() == std::string("1699999999999000000"));
    CHECK(spans.attribute(1, "url.full") == "http://127.0.0.1:3000/v1/orders");
    CHECK(spans.at(2)["kind"].GetInt() == 3);
    CHECK(spans.attribute(2, "server.address") == "api.usefoil.com");
    CHECK(spans.attribute(2, "http.request.method") == "POST");
}

TEST_CASE("the span of a request says what the access log says, and never a query") {
    telemetry::access_record line;
    fill(line);
    line.route = "orders";
    const parsed_spans spans(record(line));
    CHECK(spans.at(0)["name"].GetString() == std::string("GET orders"));
    const std::pair<std::string, std::string> expected[] = {{"http.request.method", "GET"},
                                                            {"url.path", "/v1/orders"},
                                                            {"url.scheme", "http"},
                                                            {"http.response.status_code", "200"},
                                                            {"server.address", "api.example.com"},
                                                            {"server.port", "8443"},
                                                            {"client.address", "2001:db8::1"},
                                                            {"user_agent.original", "curl/8.5.0"},
                                                            {"network.protocol.version", "1.1"},
                                                            {"http.request.body.size", "12"},
                                                            {"http.response.body.size", "3000000000"},
                                                            {"gate.verdict", "allow"},
                                                            {"gate.reason", "token_verified"},
                                                            {"gate.route", "orders"},
                                                            {"gate.cache", "miss"},
                                                            {"gate.account_id", "gacct_1"},
                                                            {"gate.token_fingerprint", "a1b2c3d4e5f6"},
                                                            {"url.query", "-"},
                                                            {"error.type", "-"}};
    for (const auto& [key, value] : expected) {
        INFO(key);
        CHECK(spans.attribute(0, key) == value);
    }
}

TEST_CASE("a caller is named only where the access log has a line of the request") {
    telemetry::access_record line;
    fill(line);
    auto of = record(line);
    of.names_caller = false;
    const parsed_spans spans(of);
    CHECK(spans.text.find("gacct_1") == std::string::npos);
    CHECK(spans.text.find("a1b2c3d4e5f6") == std::string::npos);
}

TEST_CASE("what was not needed has no span") {
    telemetry::access_record line;
    fill(line);
    auto of = record(line);
    of.gate_began = of.upstream_began = telemetry::span_record::absent;
    CHECK(parsed_spans(of).document.Size() == 1);
}

TEST_CASE("who waits for the call of another request has made none") {
    telemetry::access_record line;
    fill(line);
    auto of = record(line);
    for (const std::string_view cache : {"coalesced", "fleet"}) {
        line.cache = cache;
        const parsed_spans spans(of);
        CHECK(spans.at(2)["kind"].GetInt() == 1);
        CHECK(spans.attribute(2, "server.address") == "-");
    }
    line.cache = "miss";
    line.decision = core::reason::gate_budget_spent;
    CHECK(parsed_spans(of).at(2)["kind"].GetInt() == 1);
    line.decision = core::reason::gate_timeout;
    CHECK(parsed_spans(of).at(2)["kind"].GetInt() == 3);
    CHECK(parsed_spans(of).is_error(2));
    CHECK(parsed_spans(of).attribute(2, "error.type") == "gate_timeout");
}

TEST_CASE("a server's span is an error where the server has failed, and only there") {
    struct {
        unsigned status;
        core::reason decision, failure;
        std::string error_type;
    } const cases[] = {
        {200, core::reason::token_verified, core::reason::none, "-"},
        {401, core::reason::token_invalid, core::reason::none, "-"},
        {404, core::reason::token_verified, core::reason::none, "-"},
        {400, core::reason::none, core::reason::bad_chunk, "-"},
        {499, core::reason::token_verified, core::reason::client_gone, "-"},
        {500, core::reason::token_verified, core::reason::none, "500"},
        {503, core::reason::gate_timeout, core::reason::none, "gate_timeout"},
        {502, core::reason::token_verified, core::reason::upstream_reset, "upstream_reset"},
        {200, core::reason::token_verified, core::reason::upstream_truncated, "upstream_truncated"},
    };
    for (const auto& each : cases) {
        telemetry::access_record line;
        fill(line);
        line.status = each.status;
        line.decision = each.decision;
        line.failure = each.failure;
        INFO(each.status << " " << core::to_string(each.failure));
        const parsed_spans spans(record(line));
        CHECK(spans.is_error(0) == (each.error_type != "-"));
        CHECK(spans.attribute(0, "error.type") == each.error_type);
    }
}

TEST_CASE("a client's span is an error from 400 on, and where the upstream has failed") {
    telemetry::access_record line;
    fill(line);
    auto of = record(line);
    of.upstream_status = 404;
    CHECK(parsed_spans(of).attribute(1, "error.type") == "404");
    CHECK(parsed_spans(of).is_error(1));
    of.upstream_status = 0;
    line.failure = core::reason::upstream_refused;
    CHECK(parsed_spans(of).attribute(1, "error.type") == "upstream_refused");
    CHECK(parsed_spans(of).attribute(1, "http.response.status_code") == "-");
    line.failure = core::reason::client_gone;
    CHECK_FALSE(parsed_spans(of).is_error(1));
}

TEST_CASE("a method that the conventions do not know makes no name of its own") {
    telemetry::access_record line;
    fill(line);
    line.method = "BREW";
    const parsed_spans spans(record(line));
    CHECK(spans.at(0)["name"].GetString() == std::string("HTTP"));
    CHECK(spans.attribute(0, "http.request.method") == "_OTHER");
    CHECK(spans.attribute(0, "http.request.method_original") == "BREW");
}

TEST_CASE("an upstream on a Unix socket, and one with an IPv6 address") {
    telemetry::access_record line;
    fill(line);
    auto of = record(line);
    of.upstream = {false, "", 0, "/run/app.sock"};
    CHECK(parsed_spans(of).attribute(1, "server.address") == "/run/app.sock");
    CHECK(parsed_spans(of).attribute(1, "url.full") == "-");
    of.upstream = {true, "::1", 443, ""};
    CHECK(parsed_spans(of).attribute(1, "url.full") == "https://[::1]:443/v1/orders");
}

TEST_CASE("rule 25: a token in a path is masked in every span") {
    telemetry::access_record line;
    fill(line);
    line.path = "/callback/agt_0123456789abcdef";
    line.user_agent = "agt_0123456789abcdef";
    line.ids.request = "agt_0123456789abcdef";
    CHECK(parsed_spans(record(line)).text.find("0123456789abcdef\"") == std::string::npos);
    CHECK(parsed_spans(record(line)).text.find("agt_0123") == std::string::npos);
}

// A property, over texts of every byte: valid JSON in UTF-8, within the bound.
TEST_CASE("whatever a client sends, the spans are valid JSON") {
    std::mt19937 random(20'261'130);
    const auto make = [&](std::size_t most) {
        std::string out(random() % most, '\0');
        for (auto& c : out) c = static_cast<char>(random() % 4 == 0 ? 0x80 + random() % 128 : random() % 256);
        return out;
    };
    for (int i = 0; i < 2'000; ++i) {
        const auto path = make(5000), agent = make(1000), host = make(600), method = make(80), id = make(600);
        telemetry::access_record line;
        fill(line);
        line.path = path;
        line.user_agent = agent;
        line.host = host;
        line.method = method;
        line.ids.request = line.account_id = line.ids.gate_request = id;
        line.socket = i % 2 == 0 ? std::string_view() : std::string_view(host);
        auto of = record(line);
        of.upstream.host = host;
        if (i % 3 == 0) of.upstream.socket = path;
        const parsed_spans spans(of);
        CHECK(spans.document.Size() == 3);
    }
}

TEST_CASE("the span of a call to Gate has the status of the answer; who has made no call has none") {
    telemetry::access_record line;
    fill(line);
    auto of = record(line);
    of.gate_status = 429;
    CHECK(parsed_spans(of).attribute(2, "http.response.status_code") == "429");
    of.gate_status = 0;
    CHECK(parsed_spans(of).attribute(2, "http.response.status_code") == "-");
    of.gate_status = 200;
    line.cache = "coalesced";
    CHECK(parsed_spans(of).attribute(2, "http.response.status_code") == "-");
}

TEST_CASE("scheme and host are those of the client's request where others stand before us") {
    telemetry::access_record line;
    fill(line);
    auto of = record(line);
    of.scheme = "https";
    of.host = "[2001:db8::2]:444";
    const parsed_spans spans(of);
    CHECK(spans.attribute(0, "url.scheme") == "https");
    CHECK(spans.attribute(0, "server.address") == "2001:db8::2");
    CHECK(spans.attribute(0, "server.port") == "444");
    of.host = {};
    line.host = "[::1]";
    CHECK(parsed_spans(of).attribute(0, "server.address") == "::1");
}

TEST_CASE("who only answers questions knows no size of a body") {
    telemetry::access_record line;
    fill(line);
    line.mode = "answer";
    const parsed_spans spans(record(line));
    CHECK(spans.attribute(0, "http.request.body.size") == "-");
    CHECK(spans.attribute(0, "http.response.body.size") == "-");
}
