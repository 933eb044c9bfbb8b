// https upstreams, and the keys below their `tls`.
#include "config_support.hpp"

#include <gate/config/changes.hpp>
#include <gate/config/print.hpp>

#include <catch.hpp>

using namespace gate::config;
using namespace config_test;

namespace {

constexpr std::string_view whole = R"(upstream:
  url: https://api.test
  tls: {ca_file: /ca.pem, server_name: inner.test, client_cert_file: /a.crt, client_key_file: /a.key}
upstreams:
  orders: {url: "https://10.0.0.1:8443", tls: {server_name: orders.test}}
  plain: {url: "http://10.0.0.2"}
)";

}  // namespace

TEST_CASE("an https upstream is read with what TLS to it needs") {
    const auto got = load_yaml(whole);
    REQUIRE(shown(got) == "");
    CHECK(got.value.upstream.target == url{true, "api.test", 443, ""});
    CHECK(got.value.upstream.tls == upstream_tls_options{"/ca.pem", "inner.test", "/a.crt", "/a.key"});
    CHECK(got.value.upstreams[0].options.target == url{true, "10.0.0.1", 8443, ""});
    CHECK(got.value.upstreams[0].options.tls == upstream_tls_options{"", "orders.test", "", ""});
    CHECK(got.value.upstreams[1].options.tls == upstream_tls_options{});
    const auto by_variable = load_yaml("{}", {{"GATE_SIDECAR_UPSTREAM_URL", "https://api.test"},
                                              {"GATE_SIDECAR_UPSTREAM_TLS_CA_FILE", "/ca.pem"}});
    CHECK(shown(by_variable) == "");
    CHECK(by_variable.value.upstream.tls.ca_file == "/ca.pem");
}

TEST_CASE("what would protect nothing below `tls` of an upstream is refused") {
    const auto [text, expected] = GENERATE(table<std::string, std::string>({
        {"upstream: {tls: {ca_file: /ca.pem}}",
         "1:27: upstream.tls.ca_file: has no effect: the URL of the upstream is not https"},
        {"upstream: {url: 'unix:/api.sock', tls: {server_name: a}}",
         "1:54: upstream.tls.server_name: has no effect: the URL of the upstream is not https"},
        {"upstream: {url: 'https://a', tls: {client_cert_file: /a.crt}}",
         "1:54: upstream.tls.client_cert_file: needs client_key_file, too"},
        {"upstream: {url: 'https://a', tls: {client_key_file: /a.key}}",
         "1:53: upstream.tls.client_key_file: needs client_cert_file, too"},
        {"upstream: {url: 'https://a', tls: {server_name: 'a:1'}}",
         "1:49: upstream.tls.server_name: needs the name of a host, or an IP address without brackets, "
         "without a port"},
        {"upstream: {url: 'https://a', tls: {ca_files: /a}}",
         "1:36: unknown key 'ca_files' in upstream.tls; did you mean ca_file?"},
        {"upstreams: {a: {url: 'http://a', tls: {ca_file: /ca.pem}}}",
         "1:39: upstreams.a.tls.ca_file: has no effect: the URL of the upstream is not https"},
        {"upstreams: {a: {url: 'https://a', tls: {client_cert_file: /a.crt}}}",
         "1:40: upstreams.a.tls.client_cert_file: needs client_key_file, too"},
        {"upstreams: {a: {url: 'https://a', tls: {ca_files: /a}}}",
         "1:41: unknown key 'ca_files' in upstreams.a.tls; did you mean ca_file?"},
        {"upstreams: {a: {url: 'https://a', tls: /a}}", "1:40: upstreams.a.tls: needs keys below it"},
    }));
    INFO(text);
    CHECK(shown(load_yaml(text)) == "c.yaml:" + expected);
}

TEST_CASE("https upstreams are printed as a file that loads to the same, and what changes in them is told") {
    const auto before = load_yaml(whole);
    const auto again = load_yaml(render(before));
    CHECK(shown(again) == "");
    CHECK(again.value == before.value);
    auto after = before.value;
    after.upstream.tls.ca_file = "/other.pem";
    after.upstreams[0].options.tls.server_name = "new.test";
    const auto differing = differences(before.value, after);
    REQUIRE(differing.size() == 1);
    CHECK(describe_change(*differing[0], before.value, after) ==
          "upstream.tls.ca_file: /ca.pem -> /other.pem");
    CHECK(entry_changes(before.value, after) ==
          std::vector<std::string>{"upstreams.orders.tls.server_name: orders.test -> new.test"});
}
