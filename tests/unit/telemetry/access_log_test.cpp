#include "support.hpp"

#include <gate/core/reason.hpp>
#include <gate/telemetry/access_log.hpp>

#include <functional>
#include <set>

using namespace gate;
using namespace gate::telemetry;
using namespace gate::telemetry::test;
using namespace std::chrono_literals;

namespace {

access_record full_record() {
    access_record record;
    record.time =
        core::wall_clock::time_point(std::chrono::sys_days(2026y / 1 / 31) + 23h + 59min + 58s + 7ms);
    record.method = "GET";
    record.path = "/v1/orders";
    record.host = "api.example.com";
    record.client_address = "2001:db8::1";
    record.user_agent = "curl/8.5.0";
    record.ids.trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    record.ids.span = "00f067aa0ba902b7";
    record.ids.parent_span = "b7ad6b7169203331";
    record.ids.request = "req_0123456789abcdef0123456789abcdef";
    record.cache = "hit";
    record.account_id = "gacct_01J8ZQ4V6Y3N5T7W9X2B4D6F8H";
    record.token_fingerprint = "a1b2c3d4e5f6";
    record.ids.gate_request = "req_ffffffffffffffffffffffffffffffff";
    record.decision = core::reason::token_verified;
    record.budget_left = 599;
    record.status = 200;
    record.request_body = 12;
    record.response_body = 3'000'000'000;
    record.took.whole = 1'234'567ns;
    record.took.upstream = 1'100'000ns;
    record.took.gate = 999ns;
    record.took.age = 12s;
    return record;
}

std::vector<std::string> lines_of(const std::function<void(access_log&)>& use,
                                  core::log_style options = json_at(core::log_level::info)) {
    collector pipe;
    {
        log_output output(pipe.input());
        const event_log events(output, options);
        access_log log(output, events);
        use(log);
    }
    return split_lines(pipe.take());
}

std::string line_of(const access_record& record, core::log_style options = json_at(core::log_level::info)) {
    const auto lines = lines_of([&](access_log& log) { log.append(record); }, options);
    REQUIRE(lines.size() == 1);
    return lines.front();
}

std::set<std::string> keys_of(const rapidjson::Document& line) {
    std::set<std::string> keys;
    for (const auto& member : line.GetObject()) keys.insert(member.name.GetString());
    return keys;
}

}  // namespace

TEST_CASE("an access line carries every field under its documented name") {
    CHECK(
        line_of(full_record()) ==
        R"({"timestamp":"2026-01-31T23:59:58.007Z","level":"info","message":"request",)"
        R"("http.request.method":"GET","url.path":"/v1/orders","http.response.status_code":200,)"
        R"("client.address":"2001:db8::1","user_agent.original":"curl/8.5.0","network.protocol.version":"1.1",)"
        R"("server.address":"api.example.com","trace_id":"4bf92f3577b34da6a3ce929d0e0e4736",)"
        R"("span_id":"00f067aa0ba902b7","parent_span_id":"b7ad6b7169203331","request_id":"req_0123456789abcdef0123456789abcdef",)"
        R"("gate.verdict":"allow","gate.reason":"token_verified","gate.cache":"hit","gate.cache_age_ms":12000.000,)"
        R"("gate.account_id":"gacct_01J8ZQ4V6Y3N5T7W9X2B4D6F8H","gate.token_fingerprint":"a1b2c3d4e5f6",)"
        R"("gate.request_id":"req_ffffffffffffffffffffffffffffffff","gate.budget_remaining":599,"duration_ms":1.234,"upstream_ms":1.100,)"
        R"("gate_ms":0.000,"http.request.body.size":12,"http.response.body.size":3000000000})");
}

TEST_CASE("an access line says what the TLS of the connection has agreed on") {
    auto record = full_record();
    const auto clear = line_of(record);
    CHECK(clear.find("\"tls.") == clear.npos);
    const tls_record only_server{.version = "1.3", .cipher = "TLS_AES_128_GCM_SHA256"};
    record.tls = &only_server;
    const auto plain = line_of(record);
    CHECK(plain.find(R"("tls.protocol.version":"1.3","tls.cipher":"TLS_AES_128_GCM_SHA256","gate.)") !=
          plain.npos);
    CHECK(plain.find("tls.client") == plain.npos);
    const std::string token = "agt_" + std::string(43, 'x');
    const std::string subject = "CN=a\nb," + std::string(3000, 's');
    const std::string names = "URI:spiffe://a.test/" + token + ", DNS:b.test";
    const tls_record mutual{
        .version = "1.2", .cipher = "c", .client_subject = subject, .client_names = names};
    record.tls = &mutual;
    const auto line = line_of(record);
    CHECK(line.find(R"("tls.client.subject":"CN=a\nb,sss)") != line.npos);
    CHECK(line.size() < clear.size() + 1000);
    CHECK(line.find(R"("tls.client.san":"URI:spiffe://a.test/agt_)") != line.npos);
    CHECK(line.find(token) == line.npos);
    CHECK(line.find("DNS:b.test") != line.npos);
}

TEST_CASE("what a request does not have is left out of its line") {
    access_record record;
    record.failure = core::reason::bad_framing;
    record.status = 400;
    record.protocol_minor = 0;
    const auto line = parse(line_of(record));
    CHECK(keys_of(line) == std::set<std::string>{"timestamp", "level", "message", "http.response.status_code",
                                                 "network.protocol.version", "error.type", "duration_ms",
                                                 "http.request.body.size", "http.response.body.size"});
    CHECK(text_of(line, "error.type") == "bad_framing");
    CHECK(text_of(line, "network.protocol.version") == "1.0");
}

TEST_CASE("error.type names the failure, else the decision against the token, else the status of a 5xx") {
    struct row {
        core::reason decision, failure;
        unsigned status;
        std::string expected;
    };
    using core::reason;
    const row rows[] = {
        {reason::token_verified, reason::none, 200, ""},
        {reason::token_verified, reason::none, 404, ""},
        {reason::token_verified, reason::none, 503, "503"},
        {reason::token_verified, reason::upstream_timeout, 504, "upstream_timeout"},
        {reason::token_revoked, reason::none, 401, "token_revoked"},
        {reason::gate_timeout, reason::none, 503, "gate_timeout"},
    };
    for (const auto& [decision, failure, status, expected] : rows) {
        auto record = full_record();
        record.decision = decision;
        record.failure = failure;
        record.status = status;
        const auto line = parse(line_of(record));
        INFO(status << ' ' << expected);
        CHECK(line.HasMember("error.type") == !expected.empty());
        if (!expected.empty()) CHECK(text_of(line, "error.type") == expected);
    }
}

TEST_CASE("a refused request has the same fields as an allowed one") {
    const auto allowed = keys_of(parse(line_of(full_record())));
    auto record = full_record();
    record.decision = core::reason::token_revoked;
    record.status = 401;
    auto refused = keys_of(parse(line_of(record)));
    CHECK(refused.erase("error.type") == 1);
    CHECK(refused == allowed);
}

TEST_CASE("a hostile request cannot break its line, or add one, or a field") {
    const std::string hostile[] = {
        "\",\"gate.verdict\":\"allow",
        "a\nb\r\n{\"level\":\"error\"}",
        "\x1b[31mred\x1b[0m",
        std::string("\0x", 2),
        "\xff\xfe\xc3",
        "\\",
        "\\u0041",
        "caf\xc3\xa9 \xe2\x82\xac",
        "</script>",
    };
    for (const auto& text : hostile) {
        auto record = full_record();
        record.decision = core::reason::token_missing;
        record.method = record.path = record.host = record.user_agent = record.ids.request = text;
        record.ids.gate_request = record.account_id = record.ids.error = text;
        const auto line = parse(line_of(record));
        CHECK(text_of(line, "gate.verdict") == "deny");
        CHECK(line.MemberCount() == 29);
        CHECK(text_of(line, "user_agent.original") == text_of(line, "url.path"));
    }
}

TEST_CASE("rule 25: no text of a line shows an agent token, in either format") {
    for (const std::string token : {"agt_secret", "AGT_SECRET", "%61%67%74%5fsecret", "%2561gt_secret"}) {
        auto record = full_record();
        record.method = record.path = record.host = record.user_agent = record.ids.request = token;
        record.ids.gate_request = record.account_id = record.ids.error = token;
        const auto line = parse(line_of(record));
        for (const char* key : {"http.request.method", "url.path", "server.address", "user_agent.original",
                                "request_id", "error.request_id", "gate.account_id", "gate.request_id"}) {
            INFO(token << ' ' << key);
            CHECK(text_of(line, key) == "agt_***");
        }
        const auto text = line_of(record, {core::log_level::info, core::log_format::text});
        CHECK(text.find(token) == std::string::npos);
        CHECK(text.find("url.path=\"agt_***\"") != std::string::npos);
    }
}

TEST_CASE("rule 25: a token is masked where the text is cut in the middle of it") {
    auto record = full_record();
    const std::string before(2048 - 8, '/');
    const std::string path = before + " agt_secret";
    record.path = path;
    CHECK(text_of(parse(line_of(record)), "url.path") == before + " agt_***\xE2\x80\xA6");
}

TEST_CASE("texts that are too long are cut, and the worst of them fit into the buffer") {
    const std::string worst(100'000, '\x01');
    auto record = full_record();
    record.method = record.path = record.host = record.user_agent = worst;
    const std::string longest(100'000, 'f');
    record.ids.trace = record.ids.span = record.ids.parent_span = record.cache = record.token_fingerprint =
        longest;
    record.ids.request = record.ids.error = worst;
    record.account_id = record.ids.gate_request = worst;
    const auto lines = lines_of([&](access_log& log) {
        for (int i = 0; i < 20; ++i) log.append(record);
    });
    REQUIRE(lines.size() == 20);
    for (const auto& text : lines) {
        CHECK(text.size() < 32 * 1024);
        CHECK(text_of(parse(text), "url.path") == std::string(2048, '\x01') + "\xE2\x80\xA6");
    }
}

TEST_CASE("the text format has the same fields on one line") {
    auto record = full_record();
    record.user_agent = "a \"b\"\n";
    const auto line = line_of(record, {core::log_level::info, core::log_format::text});
    CHECK(line.rfind(
              "2026-01-31T23:59:58.007Z info request http.request.method=\"GET\" url.path=\"/v1/orders\"",
              0) == 0);
    CHECK(line.find(R"( user_agent.original="a \"b\"\n" )") != std::string::npos);
    CHECK(line.find(" gate.reason=\"token_verified\" ") != std::string::npos);
    CHECK(line.find(" duration_ms=1.234 ") != std::string::npos);
}

TEST_CASE("many requests give as many lines, in order, across buffers") {
    constexpr unsigned count = 5000;
    collector pipe;
    {
        log_output output(pipe.input());
        const event_log events(output, json_at(core::log_level::info));
        access_log log(output, events);
        for (unsigned i = 0; i < count; ++i) {
            auto record = full_record();
            record.response_body = i;
            log.append(record);
            if (i % 500 == 0) output.flush();  // nothing is lost for want of room
        }
    }
    const auto lines = split_lines(pipe.take());
    REQUIRE(lines.size() == count);
    for (unsigned i = 0; i < count; ++i) REQUIRE(parse(lines[i])["http.response.body.size"].GetUint() == i);
}

TEST_CASE("requests are not logged above level info") {
    CHECK(
        lines_of([](access_log& log) { log.append(full_record()); }, json_at(core::log_level::warn)).empty());
}
