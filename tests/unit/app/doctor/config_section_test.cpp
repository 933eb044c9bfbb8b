#include <gate/app/doctor/config_section.hpp>

#include <algorithm>
#include <catch.hpp>

using namespace gate;
using namespace gate::app::doctor;
using namespace std::chrono_literals;

namespace {

config::loaded load(const std::string& text, std::optional<std::string> ttl = {}) {
    config::load_input input;
    input.require_secret_key = false;
    input.environment = [ttl](std::string_view name) {
        return name == "GATE_SIDECAR_CACHE_TTL" ? ttl : std::nullopt;
    };
    return config::load_text("f.yaml", text, input);
}

finding judged(const config::loaded& loaded, std::string_view id, std::optional<stop_time> patience = {}) {
    const auto all = judge_configuration(loaded, load("cache:\n  ttl: 10s\n"), {}, patience);
    const auto found = std::ranges::find(all, id, &finding::id);
    REQUIRE(found != all.end());
    return *found;
}

}  // namespace

TEST_CASE("each problem of the configuration is a failure that says where it is") {
    const auto found = judge_problems(load("listener:\n  port: 1\nnothing: 2\n"));
    REQUIRE(found.size() == 2);
    CHECK(found[0].is == state::fail);
    CHECK(found[0].sentence.starts_with("f.yaml:2:"));
    CHECK(judge_problems(load("")).front().is == state::pass);
}

TEST_CASE("what the environment sets is named, with the line that it overrides") {
    const auto found = judged(load("cache:\n  ttl: 10s\n", "30s"), "config.environment");
    CHECK(found.is == state::pass);
    CHECK(found.sentence == "GATE_SIDECAR_CACHE_TTL sets cache.ttl in place of f.yaml:2");
    CHECK(judged(load(""), "config.environment").sentence == "no environment variable sets an option");
}

TEST_CASE("what is needed to stop must be less than the Pod's grace") {
    const auto loaded = load("shutdown:\n  delay: 5s\n  grace: 20s\n");
    CHECK(judged(loaded, "config.grace", stop_time_of(26, false)).is == state::pass);
    CHECK(judged(loaded, "config.grace", stop_time_of(25, false)).is == state::warn);
    CHECK(judged(loaded, "config.grace", stop_time_of({}, true)).is == state::pass);
    CHECK(judged(loaded, "config.grace", stop_time_of({}, false)).is == state::skipped);
    const auto longer = load("shutdown:\n  grace: 60s\n");
    CHECK(judged(longer, "config.grace", stop_time_of({}, true)).fix.find("--pod-grace") !=
          std::string::npos);
    CHECK(judged(longer, "config.grace", stop_time_of(90, true)).is == state::pass);
}

TEST_CASE("nobody should trust every address") {
    const auto of = [](const char* list) {
        return judged(load(std::string("forwarded:\n  trusted_proxies: ") + list + "\n"),
                      "config.trusted_proxies")
            .is;
    };
    CHECK(of("[]") == state::pass);
    CHECK(of("[10.0.0.0/8, unix]") == state::pass);
    CHECK(of("[10.0.0.0/8, 0.0.0.0/0]") == state::fail);
    CHECK(of("['::/0']") == state::fail);
}

TEST_CASE("shadow mode is warned of, of all requests or of a route") {
    CHECK(judged(load(""), "config.shadow").is == state::pass);
    CHECK(judged(load("auth:\n  shadow: true\n"), "config.shadow").is == state::warn);
    CHECK(judged(load("routes:\n  - {path: /a, auth: required, shadow: true}\n"), "config.shadow").is ==
          state::warn);
}

TEST_CASE("warnings of the start are among the findings") {
    const auto all = judge_configuration(load(""), load(""), {"something is odd"}, {});
    CHECK(all.front().id == "config.warning");
    CHECK(all.front().is == state::warn);
    CHECK(all.front().sentence == "something is odd");
}
