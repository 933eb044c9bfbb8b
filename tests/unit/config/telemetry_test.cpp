#include "config_support.hpp"

#include <gate/config/print.hpp>
#include <gate/config/ratio.hpp>
#include <gate/config/telemetry_rules.hpp>

#include <catch.hpp>

using namespace gate;
using namespace gate::config;
using namespace config_test;
using Catch::Matchers::Contains;

namespace {

const std::pair<const std::string, std::string> otel_endpoint{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://otel"};
const std::string on = "telemetry: {otlp: {endpoint: http://collector:4318}}";

otlp_options otlp_of(const std::string& yaml, variables environment = {}) {
    const auto got = load_strictly(yaml, std::move(environment));
    CHECK(shown(got) == "");
    return got.value.telemetry.otlp;
}

}  // namespace

TEST_CASE(
    "without an endpoint no spans are exported, and OpenTelemetry's other variables are not looked at") {
    const auto otlp =
        otlp_of("", {{"OTEL_RESOURCE_ATTRIBUTES", "not well-formed"}, {"OTEL_SERVICE_NAME", "x"}});
    CHECK_FALSE(otlp.is_on());
    CHECK(otlp.service_name.empty());
}

TEST_CASE("the endpoint is a base URL, and traces_endpoint is the whole one") {
    CHECK(otlp_of(on).traces_url() == "http://collector:4318/v1/traces");
    CHECK(otlp_of("telemetry: {otlp: {endpoint: http://c/base/}}").traces_url() == "http://c/base/v1/traces");
    CHECK(otlp_of("telemetry: {otlp: {traces_endpoint: http://c/x, endpoint: http://d}}").traces_url() ==
          "http://c/x");
}

TEST_CASE("OpenTelemetry's variables go before the file, and after our own") {
    const std::pair<std::string, std::string> base{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://otel"};
    const std::pair<std::string, std::string> whole{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://otel/t"};
    const std::pair<std::string, std::string> ours{"GATE_SIDECAR_TELEMETRY_OTLP_ENDPOINT", "http://ours"};
    const std::string file = "telemetry: {otlp: {traces_endpoint: http://file/t}}";
    CHECK(otlp_of("", {base}).traces_url() == "http://otel/v1/traces");
    CHECK(otlp_of("", {base, whole}).traces_url() == "http://otel/t");
    CHECK(otlp_of(on, {base}).traces_url() == "http://otel/v1/traces");
    CHECK(otlp_of(file, {base}).traces_url() == "http://otel/v1/traces");
    CHECK(otlp_of("", {base, whole, ours}).traces_url() == "http://ours/v1/traces");
    CHECK(otlp_of(file, {ours}).traces_url() == "http://ours/v1/traces");
}

TEST_CASE("who wants no spans of any program gets none by OpenTelemetry's endpoint, but by ours") {
    const std::pair<std::string, std::string> base{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://otel"};
    CHECK_FALSE(otlp_of("", {base, {"OTEL_SDK_DISABLED", "true"}}).is_on());
    CHECK_FALSE(otlp_of("", {base, {"OTEL_TRACES_EXPORTER", "none"}}).is_on());
    CHECK(otlp_of(on, {{"OTEL_SDK_DISABLED", "true"}}).is_on());
}

TEST_CASE("name and attributes come from OpenTelemetry's variables, too") {
    const auto otlp =
        otlp_of(on, {{"OTEL_SERVICE_NAME", "api"}, {"OTEL_RESOURCE_ATTRIBUTES", "a=1, b=x%20y,"}});
    CHECK(otlp.service_name == "api");
    CHECK(otlp.resource_attributes == std::vector<std::string>{"a=1", "b=x%20y"});
    CHECK(read_resource_attribute("b=x%20y") == std::pair<std::string, std::string>("b", "x y"));
    CHECK(read_resource_attribute("a%20key=b") == std::pair<std::string, std::string>("a key", "b"));
}

TEST_CASE("files of TLS in OpenTelemetry's variables count for https alone") {
    const std::pair<std::string, std::string> ca{"OTEL_EXPORTER_OTLP_CERTIFICATE", "/ca.pem"};
    CHECK(otlp_of("", {{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://c"}, ca}).tls.ca_file.empty());
    CHECK(otlp_of("", {{"OTEL_EXPORTER_OTLP_ENDPOINT", "https://c"}, ca}).tls.ca_file == "/ca.pem");
    // Ours is another collector than the one that the variables are about.
    CHECK(otlp_of("telemetry: {otlp: {endpoint: https://c}}", {ca}).tls.ca_file.empty());
}

TEST_CASE("what would have no effect is refused") {
    CHECK_THAT(shown(load_strictly("telemetry: {otlp: {endpoint: http://c, tls: {ca_file: /ca.pem}}}")),
               Contains("telemetry.otlp.tls.ca_file: has no effect: the URL of the collector is not https"));
    CHECK_THAT(shown(load_strictly("telemetry: {otlp: {headers_file: /h}}")),
               Contains("telemetry.otlp.headers_file: needs endpoint, too"));
    CHECK_THAT(
        shown(load_strictly("telemetry: {otlp: {endpoint: https://c, tls: {client_cert_file: /c.pem}}}")),
        Contains("telemetry.otlp.tls.client_cert_file: needs client_key_file, too"));
    CHECK_THAT(shown(load_strictly("telemetry: {otlp: {endpoint: collector:4317}}")),
               Contains("telemetry.otlp.endpoint"));
}

TEST_CASE("header fields come from a file or a variable, and are shown nowhere") {
    const temporary_directory directory;
    const auto file = directory.write("headers", "Authorization=Bearer%20key\nX-Scope=one\n");
    const auto got = load_strictly("telemetry: {otlp: {endpoint: http://c, headers_file: \"" + file + "\"}}",
                                   {{"OTEL_EXPORTER_OTLP_HEADERS", "other=1"}});
    CHECK(shown(got) == "");
    const auto fields = read_export_headers(got.value.otlp_headers);
    REQUIRE(fields.size() == 2);
    CHECK(fields[0].name == "Authorization");
    CHECK(fields[0].value.reveal() == "Bearer key");
    CHECK(fields[1].value.reveal() == "one");
    CHECK_THAT(render(got), Contains("header fields: set") && !Contains("Bearer"));

    const auto by_variable = load_strictly("", {otel_endpoint,
                                                {"OTEL_EXPORTER_OTLP_HEADERS", "a=1,b=2"},
                                                {"OTEL_EXPORTER_OTLP_TRACES_HEADERS", "c=3"}});
    CHECK(shown(by_variable) == "");
    CHECK(read_export_headers(by_variable.value.otlp_headers).size() == 1);
}

TEST_CASE("the key in OpenTelemetry's variables goes to the collector of these variables alone") {
    const std::pair<std::string, std::string> key{"OTEL_EXPORTER_OTLP_HEADERS", "key=of-a-vendor"};
    CHECK_FALSE(load_strictly("", {otel_endpoint, key}).value.otlp_headers.empty());
    CHECK(load_strictly(on, {key}).value.otlp_headers.empty());
    CHECK(load_strictly("", {otel_endpoint, key, {"GATE_SIDECAR_TELEMETRY_OTLP_ENDPOINT", "http://ours"}})
              .value.otlp_headers.empty());
    CHECK(load_strictly(on, {otel_endpoint, key, {"OTEL_SDK_DISABLED", "true"}}).value.otlp_headers.empty());
    CHECK_FALSE(load_strictly(on, {otel_endpoint, key}).value.otlp_headers.empty());
}

TEST_CASE("what cannot be used of OpenTelemetry's variables is left alone, with a warning") {
    struct example {
        std::string variable;
        std::string value;
        bool exports;
    };
    const std::string https = "https://otel";
    for (const auto& [variable, value, exports] :
         std::vector<example>{{"OTEL_SERVICE_NAME", "\x01", true},
                              {"OTEL_RESOURCE_ATTRIBUTES", "a", true},
                              {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "collector:4317", false},
                              {"OTEL_EXPORTER_OTLP_HEADERS", "sesame", false},
                              {"OTEL_EXPORTER_OTLP_CERTIFICATE", "\x01", false},
                              {"OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", "/cert.pem", false},
                              {"OTEL_EXPORTER_OTLP_CLIENT_KEY", "/key.pem", false}}) {
        INFO(variable);
        const auto got = load_strictly("", {{"OTEL_EXPORTER_OTLP_ENDPOINT", https}, {variable, value}});
        CHECK(shown(got) == "");
        CHECK(got.value.telemetry.otlp.is_on() == exports);
        CHECK(got.value.otlp_headers.empty());
        REQUIRE(got.warnings.size() == 1);
        CHECK_THAT(got.warnings[0], Contains(variable) && !Contains("sesame"));
    }
    std::string many;
    for (int i = 0; i < 65; ++i) many += "a" + std::to_string(i) + "=1,";
    CHECK(load_strictly(on, {{"OTEL_RESOURCE_ATTRIBUTES", many}}).warnings.size() == 1);
    CHECK(shown(load_strictly(on, {{"OTEL_RESOURCE_ATTRIBUTES", many}})) == "");
}

TEST_CASE("a bad endpoint of OpenTelemetry leaves ours in force, and what belongs to it is no problem") {
    const std::pair<std::string, std::string> bad{"OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4317"};
    CHECK(otlp_of(on, {bad}).endpoint == "http://collector:4318");
    CHECK(shown(load_strictly("telemetry: {otlp: {headers_file: /h}}", {bad})) == "");
}

TEST_CASE("our own options and variables stay strict") {
    CHECK_THAT(shown(load_strictly("", {{"GATE_SIDECAR_TELEMETRY_OTLP_ENDPOINT", "collector:4317"}})),
               Contains("GATE_SIDECAR_TELEMETRY_OTLP_ENDPOINT"));
}

TEST_CASE("a changed file of header fields needs a restart, and a broken one is a problem") {
    const temporary_directory directory;
    const auto file = directory.write("headers", "a=1");
    const auto text = "telemetry: {otlp: {endpoint: http://c, headers_file: \"" + file + "\"}}";
    const auto first = load_strictly(text);
    auto input = with({{"FOIL_SECRET_KEY", "sk_test_abc"}});
    input.in_force = &first.value;
    CHECK(load_text("c.yaml", text, input).need_restart.empty());
    directory.write("headers", "a=2");
    const auto changed = load_text("c.yaml", text, input);
    CHECK(changed.need_restart == std::vector<std::string_view>{"telemetry.otlp.headers_file"});
    CHECK(changed.value.otlp_headers == first.value.otlp_headers);
    directory.write("headers", "broken");
    CHECK_THAT(shown(load_text("c.yaml", text, input)), Contains("telemetry.otlp.headers_file"));
}

TEST_CASE("a header field that frames the message, or is none, is refused, and its value not repeated") {
    const temporary_directory directory;
    for (const std::string text :
         {"Content-Length=secret", "secret", "=secret", "a b=secret", "a=secret%0d%0a", "a=secret%4",
          "Host=secret", "transfer-encoding=secret", "Accept-Encoding=secret", "proxy-connection=secret",
          "Keep-Alive=secret", "a=1,A=secret"}) {
        INFO(text);
        const auto file = directory.write("headers", text);
        const auto got =
            load_strictly("telemetry: {otlp: {endpoint: http://c, headers_file: \"" + file + "\"}}");
        CHECK_THAT(shown(got), Contains("telemetry.otlp.headers_file: ") && !Contains("secret"));
    }
}

TEST_CASE("ratios are decimal numbers from 0 to 1") {
    CHECK(*parse_ratio("0") == 0);
    CHECK(*parse_ratio("1") == whole_ratio);
    CHECK(*parse_ratio("1.0") == whole_ratio);
    CHECK(*parse_ratio("0.5") == 500'000);
    CHECK(*parse_ratio("0.000001") == 1);
    for (const auto* bad : {"", ".5", "1.1", "2", "0.0000001", "-1", "1e-3", "50%", "0.", "00.5", "one"}) {
        INFO(bad);
        CHECK_FALSE(parse_ratio(bad));
    }
    for (const unsigned each : {0U, 1U, 10U, 250'000U, 999'999U, whole_ratio})
        CHECK(*parse_ratio(format_ratio(each)) == each);
    CHECK(format_ratio(250'000) == "0.25");
}
