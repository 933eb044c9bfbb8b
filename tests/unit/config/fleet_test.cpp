#include "config_support.hpp"

#include <gate/config/print.hpp>

#include <catch.hpp>

using namespace gate::config;
using namespace config_test;
using Catch::Matchers::Contains;

namespace {

const std::string key(44, 'k');
const std::string on = "fleet: {url: redis://store}";

}  // namespace

TEST_CASE("without fleet.url there is no fleet, and nothing is needed") {
    const auto got = load_strictly("");
    CHECK(shown(got) == "");
    CHECK_FALSE(got.value.fleet.is_on());
    CHECK(got.value.fleet.timeout == std::chrono::milliseconds(50));
}

TEST_CASE("a fleet needs a key, and the message says how to make one") {
    CHECK_THAT(shown(load_strictly(on)),
               Contains("GATE_SIDECAR_FLEET_KEY") && Contains("openssl rand -base64 32"));
    const auto got = load_strictly(on, {{"GATE_SIDECAR_FLEET_KEY", " " + key + "\n"}});
    CHECK(shown(got) == "");
    CHECK(got.value.fleet_key.reveal() == key);
    CHECK_THAT(render(got), Contains("\n  # fleet key: set (from GATE_SIDECAR_FLEET_KEY)\n"));
    CHECK_THAT(render(got), !Contains(key));
}

TEST_CASE("a key of fewer than 32 bytes is refused, and not repeated") {
    const auto got = load_strictly(on, {{"GATE_SIDECAR_FLEET_KEY", std::string(31, 'x') + "\n\n"}});
    CHECK_THAT(shown(got), Contains("fewer than 32 bytes") && !Contains("xxx"));
}

TEST_CASE("the key and the password come from files, or from variables, and not from both") {
    const temporary_directory directory;
    const auto key_file = directory.write("key", key + "\n");
    const auto password_file = directory.write("password", "two words\n");
    const auto yaml = "fleet: {url: redis://store, key_file: \"" + key_file + "\", password_file: \"" +
                      password_file + "\"}";
    const auto got = load_strictly(yaml);
    CHECK(shown(got) == "");
    CHECK(got.value.fleet_key.reveal() == key);
    CHECK(got.value.fleet_password.reveal() == "two words");
    CHECK_THAT(shown(load_strictly(yaml, {{"GATE_SIDECAR_FLEET_KEY", key}})),
               Contains("fleet.key_file is set too: set only one of them"));
    CHECK_THAT(shown(load_strictly(yaml, {{"GATE_SIDECAR_FLEET_PASSWORD", "x"}})),
               Contains("fleet.password_file is set too: set only one of them"));
}

TEST_CASE("the password at the sentinels is not the one at the store") {
    const temporary_directory directory;
    const auto file = directory.write("password", "sesame\n");
    const std::string url = "fleet: {url: \"redis+sentinel://s1,s2/mymaster\"";
    const auto yaml = url + ", sentinel: {username: gate, password_file: \"" + file + "\"}}";
    const std::string variable = "GATE_SIDECAR_FLEET_SENTINEL_PASSWORD";
    const auto got = load_strictly(yaml, {{"GATE_SIDECAR_FLEET_KEY", key}});
    CHECK(shown(got) == "");
    CHECK(got.value.fleet.sentinel.username == "gate");
    CHECK(got.value.fleet_sentinel_password.reveal() == "sesame");
    CHECK(got.value.fleet_password.empty());
    CHECK_THAT(render(got), Contains("# password: set (from " + file + ")") && !Contains("sesame"));
    CHECK_THAT(shown(load_strictly(yaml, {{"GATE_SIDECAR_FLEET_KEY", key}, {variable, "x"}})),
               Contains("fleet.sentinel.password_file is set too: set only one of them"));
    const auto by_variable = load_strictly(url + "}", {{"GATE_SIDECAR_FLEET_KEY", key}, {variable, "x"}});
    CHECK(shown(by_variable) == "");
    CHECK(by_variable.value.fleet_sentinel_password.reveal() == "x");
}

TEST_CASE("who we are at sentinels has no effect where none are asked") {
    for (const std::string url : {"", "redis://store", "rediss+cluster://node", "unix:/run/valkey.sock"}) {
        for (const std::string each : {"username: u", "password_file: /p"}) {
            INFO(url << ' ' << each);
            CHECK_THAT(shown(load_strictly("fleet: {url: \"" + url + "\", sentinel: {" + each + "}}",
                                           {{"GATE_SIDECAR_FLEET_KEY", key}})),
                       Contains("fleet.sentinel." + each.substr(0, each.find(':')) + ": has no effect"));
        }
    }
}

TEST_CASE("the variables of a fleet's secrets are not unknown ones") {
    auto input = with({{"GATE_SIDECAR_FLEET_KEY", key},
                       {"GATE_SIDECAR_FLEET_PASSWORD", "x"},
                       {"GATE_SIDECAR_FLEET_SENTINEL_PASSWORD", "y"}});
    input.environment_names = {"GATE_SIDECAR_FLEET_KEY", "GATE_SIDECAR_FLEET_PASSWORD",
                               "GATE_SIDECAR_FLEET_SENTINEL_PASSWORD"};
    CHECK(shown(load_text("c.yaml", "", input)) == "");
}

TEST_CASE("secrets do not belong into the file") {
    CHECK_THAT(shown(load_strictly("fleet: {key: abc}")),
               Contains("GATE_SIDECAR_FLEET_KEY") && !Contains("abc"));
    CHECK_THAT(shown(load_strictly("fleet: {password: abc}")),
               Contains("GATE_SIDECAR_FLEET_PASSWORD") && !Contains("abc"));
    CHECK_THAT(shown(load_strictly("fleet: {sentinel: {password: abc}}")),
               Contains("GATE_SIDECAR_FLEET_SENTINEL_PASSWORD") && !Contains("abc"));
    CHECK_THAT(shown(load_strictly("fleet: {url: \"redis://u:hunter2@store\"}")),
               Contains("credentials") && !Contains("hunter2"));
}

TEST_CASE("what only a fleet uses needs one, and what only TLS uses needs TLS") {
    for (const auto* each : {"key_file: /k", "username: u", "password_file: /p"}) {
        INFO(each);
        CHECK_THAT(shown(load_strictly("fleet: {" + std::string(each) + "}")),
                   Contains("needs fleet.url, too"));
    }
    CHECK_THAT(shown(load_strictly("fleet: {url: redis://store, tls: {ca_file: /ca}}",
                                   {{"GATE_SIDECAR_FLEET_KEY", key}})),
               Contains("fleet.tls.ca_file: has no effect"));
    CHECK(shown(load_strictly("fleet: {url: rediss://store, tls: {server_name: store.example}}",
                              {{"GATE_SIDECAR_FLEET_KEY", key}})) == "");
    CHECK_THAT(shown(load_strictly("fleet: {url: rediss://store, tls: {client_cert_file: /c}}",
                                   {{"GATE_SIDECAR_FLEET_KEY", key}})),
               Contains("needs client_key_file, too"));
}

TEST_CASE("a reload keeps the fleet that the program started with") {
    config in_force;
    in_force.fleet.url = "redis://store";
    in_force.fleet_key = gate::core::secret_string(std::string(key));
    in_force.fleet_sentinel_password = gate::core::secret_string("sesame");
    auto input = with({});
    input.in_force = &in_force;
    const auto got = load_text("c.yaml", "fleet: {url: redis://other, timeout: 70ms}", input);
    CHECK(shown(got) == "");
    CHECK(got.value.fleet.url == "redis://store");
    CHECK(got.value.fleet_key.reveal() == key);
    CHECK(got.need_restart.size() == 2);
    const auto without = load_text("c.yaml", "{}", input);
    CHECK(without.value.fleet.url == "redis://store");
    CHECK(without.value.fleet_key.reveal() == key);
    CHECK(without.value.fleet_sentinel_password.reveal() == "sesame");
}
