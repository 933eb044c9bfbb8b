// Loading while another configuration is in force.
#include "config_support.hpp"

#include <gate/config/options.hpp>

#include <catch.hpp>
#include <set>

using namespace gate::config;
using namespace config_test;

namespace {

loaded reload(std::string_view text, const config& in_force, variables environment = {}) {
    auto input = with(std::move(environment));
    input.in_force = &in_force;
    return load_text("c.yaml", text, input);
}

}  // namespace

TEST_CASE("these options need a restart, and every other one is live") {
    const std::set<std::string_view> expected{"listener.address",
                                              "listener.socket_mode",
                                              "status.address",
                                              "status.socket_mode",
                                              "admin.address",
                                              "admin.socket_mode",
                                              "answer.address",
                                              "answer.socket_mode",
                                              "workers",
                                              "cache.max_entries",
                                              "cache.max_negative_entries",
                                              "gate.base_url",
                                              "limits.accounts",
                                              "limits.failing_clients",
                                              "fleet.url",
                                              "fleet.key_file",
                                              "fleet.username",
                                              "fleet.password_file",
                                              "fleet.sentinel.username",
                                              "fleet.sentinel.password_file",
                                              "fleet.timeout",
                                              "fleet.tls.ca_file",
                                              "fleet.tls.server_name",
                                              "fleet.tls.client_cert_file",
                                              "fleet.tls.client_key_file",
                                              "telemetry.otlp.endpoint",
                                              "telemetry.otlp.traces_endpoint",
                                              "telemetry.otlp.headers_file",
                                              "telemetry.otlp.resource_attributes",
                                              "telemetry.otlp.service_name",
                                              "telemetry.otlp.tls.ca_file",
                                              "telemetry.otlp.tls.client_cert_file",
                                              "telemetry.otlp.tls.client_key_file",
                                              "telemetry.otlp.tls.server_name"};
    std::set<std::string_view> found;
    for (const option& each : all_options()) {
        if (each.applies == change::restart) found.insert(each.path);
    }
    CHECK(found == expected);
}

TEST_CASE("what needs a restart keeps its value and is named, and the rest applies") {
    const config in_force;
    const auto got = reload("workers: 7\nlistener: {address: 127.0.0.1:1}\ncache: {ttl: 5s}", in_force);
    CHECK(shown(got) == "");
    CHECK(got.need_restart == std::vector<std::string_view>{"listener.address", "workers"});
    CHECK(got.value.workers == in_force.workers);
    CHECK(got.value.listener == in_force.listener);
    CHECK(got.value.cache.ttl == std::chrono::seconds(5));
}

TEST_CASE("a start takes all values, and names none") {
    const auto got = load_yaml("workers: 7");
    CHECK(got.need_restart.empty());
    CHECK(got.value.workers == 7);
}

// Each of the two is sound, and what would be in force is not.
TEST_CASE("an upstream that is the listener in force is refused") {
    config in_force;
    in_force.listener.address = {"127.0.0.1", 8080};
    const auto got =
        reload("listener: {address: 127.0.0.1:8081}\nupstream: {url: http://127.0.0.1:8080}", in_force);
    CHECK(shown(got) == "c.yaml:2:17: upstream.url: is this program's own listener.address");
}

TEST_CASE("a document without a key is refused by a reload, because it may be half-written") {
    const auto text = GENERATE("", "\n\n", "# gate-sidecar\n", "---\n", "~");
    INFO(text);
    CHECK(shown(reload(text, {})) == "c.yaml: is empty; write {} to set no option");
    CHECK(load_yaml(text).ok());
}

TEST_CASE("an empty map is a configuration") {
    CHECK(reload("{}", {}).ok());
}

TEST_CASE("the environment stays above the file") {
    const auto got = reload("cache: {ttl: 5s}", {}, {{"GATE_SIDECAR_CACHE_TTL", "7s"}});
    CHECK(got.value.cache.ttl == std::chrono::seconds(7));
}

TEST_CASE("the secret key file in force is not read again") {
    config in_force;
    in_force.gate.secret_key_file = "/nowhere/key";
    auto input = with();
    input.require_secret_key = true;
    input.in_force = &in_force;
    CHECK(shown(load_text("c.yaml", "gate: {secret_key_file: /nowhere/key}", input)) == "");
    const auto other = load_text("c.yaml", "gate: {secret_key_file: /nowhere/other}", input);
    CHECK(shown(other).find("/nowhere/other") != std::string::npos);
}
