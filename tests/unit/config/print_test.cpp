#include "config_support.hpp"

#include <gate/config/options.hpp>
#include <gate/config/print.hpp>

#include <catch.hpp>

using namespace gate::config;
using namespace config_test;
using Catch::Matchers::Contains;

namespace {

// What is printed must load to the same configuration.
void check_round_trip(const loaded& what) {
    INFO(shown(what));
    REQUIRE(what.ok());
    const auto text = render(what);
    INFO(text);
    const auto again = load_yaml(text);
    INFO(shown(again));
    CHECK(again.ok());
    CHECK(again.value == what.value);
}

}  // namespace

TEST_CASE("the defaults are printed as a file that loads to the defaults") {
    check_round_trip(load_yaml(""));
}

TEST_CASE("unusual values are printed as a file that loads to the same values") {
    check_round_trip(load_yaml(R"(
listener: {address: "[::1]:1"}
upstream: {url: "http://[::1]", connect_timeout: 1001ms}
gate: {secret_key_file: "/no such/# \"file\" \\ ü: x", token_field: "null", base_url: "https://h/a:b"}
auth: {header_name: "!#$%&'*+-.^_`|~9", public_paths: ["/a,b", "/'c'", "/~"]}
forwarded: {trusted_proxies: ["::/0", 10.0.0.1]}
limits: {head_size: 1025B, drain: 0, requests_per_connection: 7}
)"));
    for (const std::string field : {"true", "-", "1", "1e3", "~", "..", "-.-", "NULL"}) {
        INFO(field);
        if (field != "~") check_round_trip(load_yaml("gate: {token_field: '" + field + "'}"));
    }
}

TEST_CASE("a text that another reader of YAML would take for something else is printed in quotes") {
    for (const std::string name : {"true", "Yes", "off", "N", "null", "1.0", "0x1f", "12", "2024-01-01"}) {
        INFO(name);
        const auto given =
            load_yaml("discovery: {public_url: 'https://a.test', service_id: a, name: '" + name + "'}");
        CHECK_THAT(render(given), Contains("\n  name: \"" + name + "\"  #"));
        check_round_trip(given);
    }
    CHECK_THAT(render(load_yaml("answer: {unavailable: 429}")), Contains("\n  unavailable: 429  #"));
    CHECK_THAT(render(load_yaml("")), Contains("\n  token_field: agent_token  #"));
    CHECK_THAT(render(load_yaml("")), Contains("\n  preflight: false  #"));
}

TEST_CASE("each value is printed with where it came from") {
    auto input = with({{"GATE_SIDECAR_CACHE_TTL", "2s"}});
    input.flags = {{"workers", "3", "--workers"}};
    const auto text = render(load_text("dir/c.yaml", "auth:\n\n  mode: optional\n", input));
    CHECK_THAT(text,
               Contains("\ncache:\n  ttl: 2s  # GATE_SIDECAR_CACHE_TTL\n  negative_ttl: 30s  # default\n"));
    CHECK_THAT(text, Contains("\nworkers: 3  # --workers\n"));
    CHECK_THAT(text, Contains("  mode: optional  # dir/c.yaml:3\n"));
}

TEST_CASE("the secret key is said to be set or not set, and no more") {
    CHECK_THAT(render(load_yaml("")), Contains("\n  # secret key: not set\n"));
    const auto set = render(load_yaml("", {{"FOIL_SECRET_KEY", "sk_live_hunter2"}}));
    CHECK_THAT(set, Contains("\n  # secret key: set (from FOIL_SECRET_KEY)\n"));
    CHECK_THAT(set, !Contains("hunter2"));
}

TEST_CASE("a file's name cannot break out of its comment") {
    const auto got = load_text("c\nworkers: 9\n.yaml", "cache: {ttl: 1s}", with());
    const auto again = load_yaml(render(got));
    CHECK(again.ok());
    CHECK(again.value == got.value);
}
