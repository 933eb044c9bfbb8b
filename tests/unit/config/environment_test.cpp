#include "config_support.hpp"

#include <gate/config/options.hpp>
#include <gate/config/scalars.hpp>

#include <algorithm>
#include <catch.hpp>

using namespace gate::config;
using namespace config_test;
using namespace std::chrono_literals;

namespace {

std::string where_from(const loaded& what, std::string_view path) {
    const auto index = find_option(path) - all_options().data();
    return to_string(what.origins[static_cast<std::size_t>(index)]);
}

loaded load_names(std::vector<std::string> names) {
    auto input = with();
    input.environment_names = std::move(names);
    return load(input);
}

}  // namespace

TEST_CASE("the environment goes before the file, a flag before the environment") {
    const std::string text = "workers: 1\ncache:\n  ttl: 1s\n  negative_ttl: 1s\n";
    auto input = with({{"GATE_SIDECAR_CACHE_TTL", "2s"}, {"GATE_SIDECAR_WORKERS", "2"}});
    input.flags = {{"workers", "3", "--workers"}};
    const auto got = load_text("c.yaml", text, input);
    INFO(shown(got));
    REQUIRE(got.ok());
    CHECK(got.value.workers == 3);
    CHECK(where_from(got, "workers") == "--workers");
    CHECK(got.value.cache.ttl == 2s);
    CHECK(where_from(got, "cache.ttl") == "GATE_SIDECAR_CACHE_TTL");
    CHECK(got.value.cache.negative_ttl == 1s);
    CHECK(where_from(got, "cache.negative_ttl") == "c.yaml:4");
    CHECK(where_from(got, "cache.max_entries") == "default");
}

TEST_CASE("every option can be set by its variable") {
    for (const option& o : all_options()) {
        const auto values = values_of(o, config{});
        if (values.empty() || values.front().empty()) continue;
        INFO(o.path);
        const auto got = load(with({{variable_of(o), values.front()}}));
        CHECK(where_from(got, o.path) == variable_of(o));
    }
}

TEST_CASE("an empty variable counts as unset") {
    const auto got = load(with({{"GATE_SIDECAR_CACHE_TTL", ""}, {"GATE_SIDECAR_AUTH_PUBLIC_PATHS", ""}}));
    CHECK(got.ok());
    CHECK(where_from(got, "cache.ttl") == "default");
    CHECK(where_from(got, "auth.public_paths") == "default");
}

TEST_CASE("the items of a list are separated by commas") {
    const auto got = load(with({{"GATE_SIDECAR_AUTH_PUBLIC_PATHS", "/a, /b"},
                                {"GATE_SIDECAR_FORWARDED_TRUSTED_PROXIES", "10.0.0.0/8,::1"}}));
    CHECK(shown(got) == "");
    CHECK(got.value.auth.public_paths == std::vector<std::string>{"/a", "/b"});
    CHECK(got.value.forwarded.trusted_proxies.size() == 2);
    CHECK(shown(load(with({{"GATE_SIDECAR_AUTH_PUBLIC_PATHS", "/a,"}}))) ==
          "GATE_SIDECAR_AUTH_PUBLIC_PATHS: '' must begin with '/'");
}

TEST_CASE("a bad variable or flag is named, and the file's problems are told too") {
    auto input = with({{"GATE_SIDECAR_CACHE_TTL", "60"}});
    input.flags = {{"workers", "0", "--workers"}, {"nothing", "0", "--nothing"}};
    CHECK(shown(load_text("c.yaml", "log: {level: loud}", input)) ==
          "c.yaml:1:14: log.level: needs one of debug, info, warn, error, not 'loud'\n"
          "GATE_SIDECAR_CACHE_TTL: needs a unit, such as 60s (ms, s, m, h)\n"
          "--workers: needs auto, or a number from 1 to 256, not '0'\n"
          "--nothing: there is no option 'nothing'");
}

TEST_CASE("PORT sets the port where nothing else gives listener.address") {
    const auto address_of = [](const loaded& got) {
        return format_listen_address(got.value.listener.address);
    };
    const auto alone = load(with({{"PORT", "7123"}}));
    CHECK(shown(alone) == "");
    CHECK(address_of(alone) == "0.0.0.0:7123");
    CHECK(where_from(alone, "listener.address") == "PORT");

    const std::string in_file = "listener: {address: \"127.0.0.1:8081\"}";
    CHECK(address_of(load_yaml(in_file, {{"PORT", "7123"}})) == "127.0.0.1:8081");
    CHECK(address_of(load(with({{"PORT", "7123"}, {"GATE_SIDECAR_LISTENER_ADDRESS", "127.0.0.1:8082"}}))) ==
          "127.0.0.1:8082");
    CHECK(address_of(load(with({{"PORT", ""}}))) == "0.0.0.0:8080");
    auto flagged = with({{"PORT", "7123"}});
    flagged.flags = {{"listener.address", "127.0.0.1:8083", "--listen"}};
    CHECK(address_of(load(flagged)) == "127.0.0.1:8083");
}

TEST_CASE("PORT means nothing beside a list of listeners, and to a file whose address is wrong") {
    const auto listed = load_yaml("listeners: [{name: a, address: \"127.0.0.1:1\"}]", {{"PORT", "x"}});
    CHECK(shown(listed) == "");
    const auto wrong = load_yaml("listener: {address: nowhere}", {{"PORT", "7123"}});
    CHECK(wrong.problems.size() == 1);
}

TEST_CASE("PORT is a port") {
    for (const std::string value : {"0", "65536", "080", "http", "-1", " 80", "0.0.0.0:80"})
        CHECK(shown(load(with({{"PORT", value}}))) ==
              "PORT: needs a port from 1 to 65535, not '" + value + "'");
    CHECK(load(with({{"PORT", "1"}})).ok());
    CHECK(load(with({{"PORT", "65535"}})).ok());
}

TEST_CASE("unknown variables of ours are problems, with a guess") {
    CHECK(shown(load_names({"GATE_SIDECAR_CACHE_TLL"})) ==
          "GATE_SIDECAR_CACHE_TLL: unknown variable; did you mean GATE_SIDECAR_CACHE_TTL?");
    CHECK(shown(load_names({"GATE_SIDECAR_SOMETHING_ELSE_ENTIRELY"})) ==
          "GATE_SIDECAR_SOMETHING_ELSE_ENTIRELY: unknown variable");
    CHECK(shown(load_names({"GATE_SIDECAR_GATE_SECRET_KEY"})) ==
          "GATE_SIDECAR_GATE_SECRET_KEY: unknown variable; secrets do not belong here: set FOIL_SECRET_KEY, "
          "or name a "
          "file in gate.secret_key_file");
}

TEST_CASE("the switch for dumps is a boolean") {
    for (const std::string value : {"true", "false", "1", "0", ""})
        CHECK(load(with({{"GATE_SIDECAR_DUMPABLE", value}})).ok());
    for (const std::string value : {"yes", "True", "2", " "}) {
        const auto got = load(with({{"GATE_SIDECAR_DUMPABLE", value}}));
        INFO(shown(got));
        CHECK(shown(got).find("GATE_SIDECAR_DUMPABLE: needs true or false, not") != std::string::npos);
    }
}

TEST_CASE("other programs' variables, and those that Kubernetes makes for Services, are let be") {
    CHECK(load_names({"PATH", "GATE_SIDECAR", "GATE_SIDECAR_CONFIG", "GATE_SIDECAR_CACHE_TTL",
                      "GATE_SIDECAR_SERVICE_HOST", "GATE_SIDECAR_SERVICE_PORT",
                      "GATE_SIDECAR_SERVICE_PORT_HTTP", "GATE_SIDECAR_PORT", "GATE_SIDECAR_PORT_8080_TCP",
                      "GATE_SIDECAR_PORT_8080_TCP_ADDR", "GATE_SIDECAR_METRICS_SERVICE_HOST"})
              .ok());
}

TEST_CASE("no option is mistaken for a variable that Kubernetes makes") {
    for (const option& o : all_options()) {
        INFO(o.path);
        const auto name = variable_of(o) + "X";
        CHECK(load_names({name}).problems.size() == 1);
    }
}

TEST_CASE("the environment of the process is read by name") {
    REQUIRE(::setenv("GATE_CONFIG_TEST_VARIABLE", "x=y", 1) == 0);
    const auto names = process_variable_names();
    CHECK(std::count(names.begin(), names.end(), "GATE_CONFIG_TEST_VARIABLE") == 1);
    CHECK(process_variable("GATE_CONFIG_TEST_VARIABLE") == "x=y");
    REQUIRE(::unsetenv("GATE_CONFIG_TEST_VARIABLE") == 0);
    CHECK_FALSE(process_variable("GATE_CONFIG_TEST_VARIABLE"));
}
