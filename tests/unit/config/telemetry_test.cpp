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
    CHECK_THAT(shown(load_strictly(on, {{"OTEL_RESOURCE_ATTRIBUTES", "a"}})),
               Contains("OTEL_RESOURCE_ATTRIBUTES: 'a' needs key=value"));
}

TEST_CASE("files of TLS in OpenTelemetry's variables count for https alone") {
    const std::pair<std::string, std::string> ca{"OTEL_EXPORTER_OTLP_CERTIFICATE", "/ca.pem"};
    CHECK(otlp_of(on, {ca}).tls.ca_file.empty());
    CHECK(otlp_of("telemetry: {otlp: {endpoint: https://c}}", {ca}).tls.ca_file == "/ca.pem");
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

    const auto by_variable = load_strictly(
        on, {{"OTEL_EXPORTER_OTLP_HEADERS", "a=1,b=2"}, {"OTEL_EXPORTER_OTLP_TRACES_HEADERS", "c=3"}});
    CHECK(shown(by_variable) == "");
    CHECK(read_export_headers(by_variable.value.otlp_headers).size() == 1);
}

TEST_CASE("a header field that frames the message, or is none, is refused, and its value not repeated") {
    for (const std::string text :
         {"Content-Length=secret", "secret", "=secret", "a b=secret", "a=secret%0d%0a", "a=secret%4",
          "Host=secret", "transfer-encoding=secret"}) {
        INFO(text);
        const auto got = load_strictly(on, {{"OTEL_EXPORTER_OTLP_HEADERS", text}});
        CHECK_THAT(shown(got), Contains("OTEL_EXPORTER_OTLP_HEADERS: ") && !Contains("secret"));
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
