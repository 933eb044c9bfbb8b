#include <gate/config/options.hpp>

#include <catch.hpp>
#include <set>
#include <string>

using namespace gate::config;

namespace {

std::string first_problem(std::string_view path, std::vector<std::string> values) {
    config into;
    const auto problems = assign(*find_option(path), values, into);
    CHECK(into == config{});
    return problems.empty() ? "" : problems.front().message;
}

}  // namespace

TEST_CASE("paths and variables of options are unique") {
    std::set<std::string> paths, names;
    for (const option& o : all_options()) {
        INFO(o.path);
        CHECK(paths.insert(std::string(o.path)).second);
        CHECK(names.insert(variable_of(o)).second);
    }
}

TEST_CASE("the options of a section stand together") {
    std::set<std::string_view> left;
    std::string_view section;
    for (const option& o : all_options()) {
        const auto own = o.path.substr(0, o.path.find('.'));
        if (own == section || o.section().empty()) continue;
        INFO(o.path);
        CHECK(left.insert(section).second);
        section = own;
    }
}

TEST_CASE("variables are spelt after the path") {
    CHECK(variable_of(*find_option("workers")) == "GATE_SIDECAR_WORKERS");
    CHECK(variable_of(*find_option("upstream.connect_timeout")) == "GATE_SIDECAR_UPSTREAM_CONNECT_TIMEOUT");
    CHECK(find_option("nothing") == nullptr);
}

TEST_CASE("no two options share a field, and every value that is printed can be read") {
    for (const option& o : all_options()) {
        INFO(o.path);
        config copy;
        CHECK(assign(o, values_of(o, config{}), copy).empty());
        CHECK(copy == config{});
    }
    std::size_t changed_pairs = 0;
    for (const option& o : all_options()) {
        config changed;
        for (const std::string candidate : {"true",
                                            "false",
                                            "17",
                                            "17s",
                                            "2KiB",
                                            "127.0.0.1:5",
                                            "http://127.0.0.1:5",
                                            "/other",
                                            "optional",
                                            "debug",
                                            "text",
                                            "127.0.0.5",
                                            "17ms",
                                            "2KiB/s",
                                            "17%",
                                            "0",
                                            "X-Rewrite-URL",
                                            "path",
                                            "429",
                                            "1.3",
                                            "set",
                                            "0666",
                                            "required",
                                            "redis://store",
                                            "key=value",
                                            "{cert_file: /a, key_file: /b}"}) {
            if (changed == config{}) assign(o, std::vector<std::string>{candidate}, changed);
        }
        INFO(o.path);
        CHECK_FALSE(changed == config{});
        for (const option& other : all_options())
            changed_pairs += values_of(other, changed) != values_of(other, config{});
    }
    CHECK(changed_pairs == all_options().size());
}

TEST_CASE("a value outside the range is refused, its ends are accepted") {
    const auto [path, low, least, most, high, expected] =
        GENERATE(table<std::string, std::string, std::string, std::string, std::string, std::string>({
            {"upstream.connect_timeout", "0", "1ms", "60s", "61s", "must be between 1ms and 60s"},
            {"upstream.response_timeout", "", "0", "1h", "3601s", "must be between 0s and 1h"},
            {"upstream.idle_timeout", "", "0", "1h", "3601s", "must be between 0s and 1h"},
            {"gate.timeout", "9ms", "10ms", "60s", "61s", "must be between 10ms and 60s"},
            {"cache.ttl", "", "0", "1h", "3601s", "must be between 0s and 1h"},
            {"cache.negative_ttl", "", "0", "1h", "3601s", "must be between 0s and 1h"},
            {"cache.max_entries", "0", "1", "10000000", "10000001", "must be between 1 and 10000000"},
            {"cache.max_negative_entries", "0", "1", "10000000", "10000001",
             "must be between 1 and 10000000"},
            {"gate.budget.limit", "0", "1", "1000000", "1000001", "must be between 1 and 1000000"},
            {"gate.budget.window", "999ms", "1s", "1h", "3601s", "must be between 1s and 1h"},
            {"gate.budget.unknown", "0", "1", "1000000", "1000001", "must be between 1 and 1000000"},
            {"gate.circuit.failures", "0", "1", "1000", "1001", "must be between 1 and 1000"},
            {"gate.circuit.slow_after", "9ms", "10ms", "60s", "61s", "must be between 10ms and 60s"},
            {"gate.circuit.probe_interval", "99ms", "100ms", "60s", "61s", "must be between 100ms and 60s"},
            {"cache.grace", "", "0", "1h", "3601s", "must be between 0s and 1h"},
            {"cache.stream_max_unverified", "", "0", "24h", "25h", "must be between 0s and 24h"},
            {"shutdown.delay", "", "0", "10m", "601s", "must be between 0s and 10m"},
            {"shutdown.grace", "", "0", "1h", "3601s", "must be between 0s and 1h"},
            {"limits.head_size", "1023B", "1KiB", "64KiB", "65537B", "must be between 1KiB and 64KiB"},
            {"limits.fields", "0", "1", "1000", "1001", "must be between 1 and 1000"},
            {"limits.target_length", "63B", "64B", "64KiB", "65537B", "must be between 64B and 64KiB"},
            {"limits.chunk_extension", "", "0", "4KiB", "4097B", "must be between 0B and 4KiB"},
            {"limits.trailer_size", "", "0", "64KiB", "65537B", "must be between 0B and 64KiB"},
            {"limits.drain", "", "0", "16MiB", "17MiB", "must be between 0B and 16MiB"},
            {"limits.header_timeout", "9ms", "10ms", "10m", "601s", "must be between 10ms and 10m"},
            {"limits.body_timeout", "", "0", "1h", "3601s", "must be between 0s and 1h"},
            {"limits.body_rate", "", "0", "1GiB/s", "1025MiB/s", "must be between 0B/s and 1GiB/s"},
            {"limits.upstream_share", "0", "1%", "100%", "101%", "must be between 1% and 100%"},
            {"limits.accounts", "0", "1", "10000000", "10000001", "must be between 1 and 10000000"},
            {"limits.websocket_lifetime", "", "0", "168h", "169h", "must be between 0s and 168h"},
            {"limits.stream_idle_timeout", "", "0", "24h", "25h", "must be between 0s and 24h"},
            {"limits.stream_idle_timeout", "", "0", "24h", "86401s", "must be between 0s and 24h"},
            {"limits.keep_alive_timeout", "", "0", "1h", "3601s", "must be between 0s and 1h"},
            {"limits.requests_per_connection", "", "0", "1000000000", "", ""},
            {"limits.connections", "0", "1", "1000000", "1000001", "must be between 1 and 1000000"},
            {"limits.connections_per_client", "", "0", "1000000", "1000001", "must be between 0 and 1000000"},
            {"limits.upstream_connections", "0", "1", "1000000", "1000001", "must be between 1 and 1000000"},
            {"limits.upstream_wait", "", "0", "60s", "61s", "must be between 0s and 60s"},
            {"limits.verifications", "0", "1", "10000", "10001", "must be between 1 and 10000"},
            {"limits.verification_waiters", "0", "1", "1000000", "1000001", "must be between 1 and 1000000"},
            {"limits.verification_queue", "", "0", "100000", "100001", "must be between 0 and 100000"},
            {"limits.failed_tokens", "", "0", "1000000", "1000001", "must be between 0 and 1000000"},
            {"limits.failed_tokens_window", "999ms", "1s", "1h", "3601s", "must be between 1s and 1h"},
            {"limits.failing_clients", "0", "1", "1000000", "1000001", "must be between 1 and 1000000"},
        }));
    INFO(path);
    for (const auto& good : {least, most}) {
        config into;
        CHECK(assign(*find_option(path), std::vector<std::string>{good}, into).empty());
        CHECK(assign(*find_option(path), values_of(*find_option(path), into), into).empty());
    }
    if (!low.empty()) CHECK(first_problem(path, {low}) == expected);
    if (!high.empty()) CHECK(first_problem(path, {high}) == expected);
}

TEST_CASE("workers are a number, or auto") {
    const option& workers = *find_option("workers");
    config into;
    into.workers = 7;
    CHECK(assign(workers, std::vector<std::string>{"auto"}, into).empty());
    CHECK(into.workers == 0);
    CHECK(assign(workers, std::vector<std::string>{"256"}, into).empty());
    CHECK(into.workers == 256);
    const std::string text = GENERATE("0", "257", "many", "Auto", "1.5", "");
    CHECK(first_problem("workers", {text}) == "needs auto, or a number from 1 to 256, not '" + text + "'");
}

TEST_CASE("a choice is one of its names") {
    config into;
    CHECK(assign(*find_option("auth.mode"), std::vector<std::string>{"optional"}, into).empty());
    CHECK(into.auth.mode == auth_mode::optional);
    CHECK(assign(*find_option("log.level"), std::vector<std::string>{"error"}, into).empty());
    CHECK(into.log.level == log_level::error);
    CHECK(assign(*find_option("log.format"), std::vector<std::string>{"text"}, into).empty());
    CHECK(into.log.format == log_format::text);
    CHECK(first_problem("auth.mode", {"none"}) == "needs one of required, optional, not 'none'");
    CHECK(first_problem("log.level", {"INFO"}) == "needs one of debug, info, warn, error, not 'INFO'");
    CHECK(first_problem("log.format", {""}) == "needs one of json, text, not ''");
}

TEST_CASE("a list is taken whole or not at all, and every bad item is named") {
    config into;
    const option& paths = *find_option("auth.public_paths");
    CHECK(assign(paths, std::vector<std::string>{"/a", "/b"}, into).empty());
    CHECK(into.auth.public_paths == std::vector<std::string>{"/a", "/b"});

    const auto problems = assign(paths, std::vector<std::string>{"/c", "d", "/c", "/e?"}, into);
    REQUIRE(problems.size() == 3);
    CHECK(problems[0].item == 1);
    CHECK(problems[0].message == "'d' must begin with '/'");
    CHECK(problems[1].item == 2);
    CHECK(problems[1].message == "'/c' is in the list twice");
    CHECK(problems[2].item == 3);
    CHECK(problems[2].message == "'/e?' must not have a query");
    CHECK(into.auth.public_paths == std::vector<std::string>{"/a", "/b"});

    CHECK(assign(paths, {}, into).empty());
    CHECK(into.auth.public_paths.empty());
    CHECK(first_problem("auth.public_paths", std::vector<std::string>(1001, "/a")) ==
          "has more than 1000 items");
    CHECK(first_problem("forwarded.trusted_proxies", {"10.0.0.0/8", "10.0.0.0/8"}) ==
          "'10.0.0.0/8' is in the list twice");
}
