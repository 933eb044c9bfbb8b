#include <gate/emulator/options.hpp>

#include <catch.hpp>
#include <cstdlib>
#include <sstream>

using namespace std::chrono_literals;
using namespace gate::emulator;

namespace {

struct outcome_of_parsing {
    std::optional<options> settings;
    int status = -1;  // of the early exit
    std::string out;
    std::string err;
};

outcome_of_parsing parse(std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), "gate-emulator");
    std::ostringstream out;
    std::ostringstream err;
    auto parsed = parse_options(static_cast<int>(arguments.size()), arguments.data(), out, err);
    outcome_of_parsing result{std::nullopt, -1, out.str(), err.str()};
    if (auto* over = std::get_if<early_exit>(&parsed)) {
        result.status = over->status;
    } else {
        result.settings = std::move(std::get<options>(parsed));
    }
    return result;
}

options accepted(std::vector<const char*> arguments) {
    auto result = parse(std::move(arguments));
    INFO(result.err);
    REQUIRE(result.settings);
    return std::move(*result.settings);
}

}  // namespace

TEST_CASE("without arguments the emulator is as documented") {
    unsetenv("FOIL_SECRET_KEY");
    const options o = accepted({});
    CHECK(o.listen.address().to_string() == "127.0.0.1");
    CHECK(o.listen.port() == 9903);
    CHECK_FALSE(o.control);
    CHECK(o.gate.limit == 600);
    CHECK(o.gate.window == 60s);
    CHECK(o.gate.form_v1);
    CHECK(o.gate.form_guide);
    CHECK(o.gate.may_verify);
    CHECK(o.gate.may_revoke);
    CHECK(o.gate.bad_key_status == 401);
    CHECK(o.gate.expires_in == std::chrono::hours(24 * 90));
    CHECK(o.faults.empty());
    REQUIRE(o.gate.keys.size() == 1);
    CHECK(o.gate.keys.front().reveal() == "sk_test_emulator");
}

TEST_CASE("the key comes from the environment, unless one is given") {
    setenv("FOIL_SECRET_KEY", "sk_test_env", 1);
    CHECK(accepted({}).gate.keys.front().reveal() == "sk_test_env");
    const options o = accepted({"--secret-key", "sk_test_a", "--secret-key", "sk_test_b"});
    unsetenv("FOIL_SECRET_KEY");
    REQUIRE(o.gate.keys.size() == 2);
    CHECK(o.gate.keys[1].reveal() == "sk_test_b");
}

TEST_CASE("every option arrives where it belongs") {
    const options o = accepted({"--listen",
                                "[::1]:0",
                                "--control",
                                "127.0.0.1:0",
                                "--form",
                                "guide",
                                "--scope",
                                "verify",
                                "--bad-key-status",
                                "403",
                                "--limit",
                                "0",
                                "--window",
                                "5s",
                                "--retry-after-format",
                                "date",
                                "--cache-control",
                                "no-store",
                                "--expires-in",
                                "0",
                                "--accept-all",
                                "agt_load",
                                "--token",
                                "agt_a===gacct_1",
                                "--token",
                                "agt_b=gacct_2",
                                "--idle-timeout",
                                "1s"});
    CHECK(o.listen.address().is_v6());
    CHECK(o.control->port() == 0);
    CHECK_FALSE(o.gate.form_v1);
    CHECK_FALSE(o.gate.may_revoke);
    CHECK(o.gate.bad_key_status == 403);
    CHECK(o.gate.limit == 0);
    CHECK(o.gate.window == 5s);
    CHECK(o.gate.retry_after_as_date);
    CHECK(o.gate.cache_control == "no-store");
    CHECK(o.gate.expires_in == 0s);
    CHECK(o.accept_all == "agt_load");
    CHECK(o.tokens ==
          std::vector<std::pair<std::string, std::string>>{{"agt_a==", "gacct_1"}, {"agt_b", "gacct_2"}});
    CHECK(o.idle_timeout == 1s);
}

TEST_CASE("latency is a fault rule, after all others") {
    const options o = accepted({"--latency", "50ms", "--jitter", "5ms", "--fault", "status=503,count=1"});
    REQUIRE(o.faults.size() == 2);
    CHECK(o.faults[0].status == 503);
    CHECK(o.faults[1].latency == 50ms);
    CHECK(o.faults[1].jitter == 5ms);
}

TEST_CASE("a repeatable option takes one value each time") {
    CHECK(parse({"--fault", "hang", "stray"}).status == 2);
    CHECK(accepted({"--fault", "hang", "--fault", "close"}).faults.size() == 2);
    CHECK(accepted({"--scope", "verify,revoke"}).gate.may_revoke);
}

TEST_CASE("help and version end well") {
    CHECK(parse({"--help"}).status == 0);
    CHECK(parse({"--help"}).out.find("/_control/state") != std::string::npos);
    CHECK(parse({"--version"}).status == 0);
    CHECK(parse({"--version"}).out.starts_with("gate-emulator "));
}

TEST_CASE("bad arguments end with 2 and say which one is bad") {
    const std::vector<std::vector<const char*>> cases{
        {"--listen", "9903"},
        {"--listen", "127.0.0.1:65536"},
        {"--listen", "example.com:80"},
        {"--control", "127.0.0.1:x"},
        {"--form", "v2"},
        {"--scope", "everything"},
        {"--bad-key-status", "402"},
        {"--limit", "-1"},
        {"--window", "60"},
        {"--window", "0s"},
        {"--retry-after-format", "minutes"},
        {"--cache-control", "a\r\nb"},
        {"--token", "agt_x"},
        {"--token", "x=gacct"},
        {"--token", "agt_x="},
        {"--tokens-file", "/nonexistent"},
        {"--accept-all", "load"},
        {"--expires-in", "soon"},
        {"--latency", "fast"},
        {"--fault", "statsu=503"},
        {"--secret-key", ""},
        {"--tls-cert", "a.pem"},
        {"--no-such-option"},
        {"stray"},
    };
    for (const auto& arguments : cases) {
        INFO(arguments.front());
        const auto result = parse(arguments);
        CHECK(result.status == 2);
        const std::string named = arguments.front();
        CHECK(result.err.find(named) != std::string::npos);
    }
}
