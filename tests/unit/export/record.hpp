#pragma once
// A request with all that a span can say, and the text of its spans as JSON.

#include <gate/export/span_text.hpp>

#include <rapidjson/document.h>

#include <catch.hpp>
#include <string>
#include <string_view>

namespace export_test {

using namespace gate;
using namespace std::chrono_literals;

// What record() refers to.
struct texts {
    telemetry::access_record line;
    std::string gate = exporting::gate_attributes({});
};

// A request that was verified at Gate, and answered by the upstream.
inline void fill(telemetry::access_record& line) {
    line.time = core::wall_clock::time_point(1'700'000'000s);
    line.method = "GET";
    line.path = "/v1/orders";
    line.host = "api.example.com:8443";
    line.client_address = "2001:db8::1";
    line.user_agent = "curl/8.5.0";
    line.ids.trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    line.ids.span = "00f067aa0ba902b7";
    line.ids.parent_span = "b7ad6b7169203331";
    line.ids.request = "req_0123456789abcdef0123456789abcdef";
    line.cache = "miss";
    line.account_id = "gacct_1";
    line.token_fingerprint = "a1b2c3d4e5f6";
    line.ids.gate_request = "req_gate";
    line.decision = core::reason::token_verified;
    line.status = 200;
    line.request_body = 12;
    line.response_body = 3'000'000'000;
    line.took.whole = 10ms;
    line.took.upstream = 4ms;
    line.took.gate = 3ms;
}

inline telemetry::span_record record(const telemetry::access_record& line) {
    telemetry::span_record out{.line = line, .flags = "01"};
    out.upstream_began = 5ms;
    out.upstream_span_id = "1111111111111111";
    out.upstream = {false, "127.0.0.1", 3000, ""};
    out.upstream_status = 200;
    out.gate_began = 1ms;
    out.gate_span_id = "2222222222222222";
    return out;
}

inline std::string text_of(const telemetry::span_record& of, const std::string& gate) {
    std::string out(exporting::most_span_bytes, '\0');
    const auto written = exporting::write_spans(out.data(), of, gate, true);
    CHECK(written.number == exporting::spans_of(of));
    out.resize(static_cast<std::size_t>(written.end - out.data()));
    CHECK(out.size() <= exporting::span_bytes_bound(of, gate));
    return out;
}

class parsed_spans {
public:
    explicit parsed_spans(const telemetry::span_record& of, const std::string& gate = ",{}")
        : text("[" + text_of(of, gate) + "]") {
        INFO(text);
        document.Parse<rapidjson::kParseValidateEncodingFlag>(text.c_str());
        REQUIRE_FALSE(document.HasParseError());
    }

    const rapidjson::Value& at(unsigned number) const { return document[number]; }

    // The value of an attribute as text, whatever its kind; "-": there is none.
    std::string attribute(unsigned number, std::string_view key) const {
        for (const auto& each : at(number)["attributes"].GetArray()) {
            if (!each.HasMember("key") || each["key"].GetString() != key) continue;
            const auto& value = *each["value"].MemberBegin();
            if (value.value.IsBool()) return value.value.GetBool() ? "true" : "false";
            return value.value.GetString();
        }
        return "-";
    }
    bool is_error(unsigned number) const { return at(number).HasMember("status"); }

    std::string text;
    rapidjson::Document document;
};

}  // namespace export_test
