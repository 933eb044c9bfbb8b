#include "config_support.hpp"

#include <catch.hpp>

using namespace gate::config;
using namespace config_test;
using namespace std::chrono_literals;

TEST_CASE("without anything, every option has its default") {
    const auto got = load_yaml("");
    CHECK(shown(got) == "");
    CHECK(got.value == config{});
    for (const origin& from : got.origins) CHECK(to_string(from) == "default");
}

TEST_CASE("a file may set every option") {
    const auto got = load_yaml(R"(
listener: {address: "[::1]:1"}
status: {address: "127.0.0.1:2"}
admin: {address: "127.0.0.1:3"}
upstream: {url: "http://api:4", forward_token: true, connect_timeout: 1s, response_timeout: 0, idle_timeout: 5s}
gate:
  base_url: http://localhost:9/base/
  verify_path: /gate/agent-tokens/verify
  revoke_path: /gate/agent-tokens/revoke
  token_field: token
  secret_key_file: /no/such/file
  timeout: 6s
  budget: {limit: 20, window: 21s, unknown: 22}
  circuit:
    failures: 23
    slow_after: 24s
    probe_interval: 25s
cache:
  {ttl: 7s, negative_ttl: 8s, max_entries: 9, max_negative_entries: 10, obey_no_store: true, refresh_ahead: false,
   grace: 15s, verify_streams: false, stream_max_unverified: 16s}
auth:
  header_name: X-Account
  mode: optional
  public_paths:
    - /healthz
forwarded:
  trusted_proxies: [10.0.0.0/8, "::1"]
workers: 3
log: {level: debug, format: text, access: false}
shutdown: {delay: 11s, grace: 12s}
limits: {head_size: 32KiB, fields: 13, keep_alive_timeout: 14s}
)");
    INFO(shown(got));
    REQUIRE(got.ok());
    const config& c = got.value;
    CHECK(c.listener.address == listen_address{"::1", 1});
    CHECK(c.status.address == listen_address{"127.0.0.1", 2});
    CHECK(c.admin.address == listen_address{"127.0.0.1", 3});
    CHECK(c.upstream == upstream_options{{false, "api", 4, ""}, true, 1s, 0s, 5s});
    CHECK(c.gate == gate_options{{false, "localhost", 9, "/base"},
                                 "/gate/agent-tokens/verify",
                                 "/gate/agent-tokens/revoke",
                                 "token",
                                 "/no/such/file",
                                 6s,
                                 "",
                                 {20, 21s, 22},
                                 {23, 24s, 25s}});
    CHECK(c.cache == cache_options{7s, 8s, 9, 10, true, false, 15s, false, 16s});
    CHECK(c.auth == auth_options{"X-Account", auth_mode::optional, {"/healthz"}});
    CHECK(c.forwarded.trusted_proxies == std::vector<network>{{"10.0.0.0", 8}, {"::1", 128}});
    CHECK(c.workers == 3);
    CHECK(c.log == log_options{log_level::debug, log_format::text, false});
    CHECK(c.shutdown == shutdown_options{11s, 12s});
    CHECK(c.limits.head_size == 32 * 1024);
    CHECK(c.limits.fields == 13);
    CHECK(c.limits.keep_alive_timeout == 14s);
}

TEST_CASE("each problem of a file is told with its place") {
    const auto [text, expected] = GENERATE(table<std::string, std::string>({
        // shape
        {"- a\n", "c.yaml:1:1: needs keys and values, such as 'workers: auto'"},
        {"just text\n", "c.yaml:1:1: needs keys and values, such as 'workers: auto'"},
        {"cache: 60s\n", "c.yaml:1:8: cache: needs keys below it"},
        {"cache: [ttl]\n", "c.yaml:1:8: cache: needs keys below it"},
        {"cache:\n  ttl:\n", "c.yaml:2:3: cache.ttl: has no value; remove the key instead"},
        {"cache:\n  ttl: null\n", "c.yaml:2:3: cache.ttl: has no value; remove the key instead"},
        {"cache:\n  ttl: [60s]\n",
         "c.yaml:2:8: cache.ttl: needs one value, not a list; put brackets in quotes"},
        {"cache:\n  ttl: {a: 60s}\n", "c.yaml:2:8: cache.ttl: needs one value, not a map"},
        {"workers:\n  number: 1\n", "c.yaml:2:3: workers: needs one value, not a map"},
        {"auth:\n  public_paths: /a\n", "c.yaml:2:17: auth.public_paths: needs a list, such as [a, b]"},
        {"auth:\n  public_paths:\n",
         "c.yaml:2:3: auth.public_paths: has no value; write [] for an empty list"},
        {"auth:\n  public_paths: [/a, [/b]]\n",
         "c.yaml:2:22: auth.public_paths: needs plain values as items"},
        // unknown keys
        {"cahce:\n  ttl: 60s\n", "c.yaml:1:1: unknown key 'cahce'; did you mean cache?"},
        {"cache:\n  tll: 60s\n", "c.yaml:2:3: unknown key 'tll' in cache; did you mean ttl?"},
        {"worker: 1\n", "c.yaml:1:1: unknown key 'worker'; did you mean workers?"},
        {"header_name: X\n", "c.yaml:1:1: unknown key 'header_name'; did you mean auth.header_name?"},
        {"gate:\n  negative_ttl: 1s\n",
         "c.yaml:2:3: unknown key 'negative_ttl' in gate; did you mean cache.negative_ttl?"},
        {"cache.ttl: 60s\n", "c.yaml:1:1: unknown key 'cache.ttl'; write ttl below cache"},
        {"gate.budget.limit: 1\n",
         "c.yaml:1:1: unknown key 'gate.budget.limit'; write limit below gate.budget"},
        {"gate:\n  budget.limit: 1\n",
         "c.yaml:2:3: unknown key 'budget.limit' in gate; write limit below gate.budget"},
        {"cache_ttl: 60s\n", "c.yaml:1:1: unknown key 'cache_ttl'; write ttl below cache"},
        {"gate:\n  url: https://api.test\n", "c.yaml:2:3: unknown key 'url' in gate; did you mean base_url?"},
        {"upstream:\n  timeout: 5s\n",
         "c.yaml:2:3: unknown key 'timeout' in upstream; did you mean response_timeout?"},
        {"log:\n  address: a\n", "c.yaml:2:3: unknown key 'address' in log"},  // of several sections
        {"listener:\n  address:0.0.0.0:8080\n",
         "c.yaml:2:3: listener: needs keys below it, each with ': ' (a colon and a space) before its value"},
        {"gate:\n  budget: 600\n", "c.yaml:2:11: gate.budget: needs keys below it"},
        {"gate:\n  budget:\n    limits: 1\n",
         "c.yaml:3:5: unknown key 'limits' in gate.budget; did you mean limit?"},
        {"gate:\n  budgets: {}\n", "c.yaml:2:3: unknown key 'budgets' in gate; did you mean budget?"},
        {"gate:\n  budget:\n    limit: 0\n", "c.yaml:3:12: gate.budget.limit: must be between 1 and 1000000"},
        {"cache:\n  colour: red\n", "c.yaml:2:3: unknown key 'colour' in cache"},
        {"gate:\n  secret_key: sk_live_x\n",
         "c.yaml:2:3: unknown key 'secret_key' in gate; secrets do not belong here: set FOIL_SECRET_KEY, or "
         "name a file "
         "in gate.secret_key_file"},
        {"api_key: x\n",
         "c.yaml:1:1: unknown key 'api_key'; secrets do not belong here: set FOIL_SECRET_KEY, or name a file "
         "in "
         "gate.secret_key_file"},
        // values, one of each kind
        {"cache:\n  ttl: 60\n", "c.yaml:2:8: cache.ttl: needs a unit, such as 60s (ms, s, m, h)"},
        {"cache:\n  ttl: 2h\n", "c.yaml:2:8: cache.ttl: must be between 0s and 1h"},
        {"cache:\n  obey_no_store: no\n", "c.yaml:2:18: cache.obey_no_store: needs true or false, not 'no'"},
        {"cache:\n  max_entries: 0777\n",
         "c.yaml:2:16: cache.max_entries: needs a decimal number without leading zeros, not '0777'"},
        {"limits:\n  head_size: 16KB\n",
         "c.yaml:2:14: limits.head_size: has the ambiguous unit 'KB'; write KiB, which is a power of 1024"},
        {"listener:\n  address: localhost:8080\n",
         "c.yaml:2:12: listener.address: needs an IP address, not 'localhost' (write 127.0.0.1)"},
        {"upstream:\n  url: https://api/v1\n",
         "c.yaml:2:8: upstream.url: must not have a path: each request keeps its own path"},
        {"upstream:\n  url: http://api/v1\n",
         "c.yaml:2:8: upstream.url: must not have a path: each request keeps its own path"},
        {"upstream:\n  url: http://u:hunter2@api\n",
         "c.yaml:2:8: upstream.url: must not have a user or password"},
        {"gate:\n  base_url: http://gate.example.com\n",
         "c.yaml:2:13: gate.base_url: must be https: plain http would reveal the secret key and is "
         "accepted only for the loopback"},
        {"gate:\n  verify_path: verify\n", "c.yaml:2:16: gate.verify_path: must begin with '/'"},
        {"gate:\n  token_field: a b\n",
         "c.yaml:2:16: gate.token_field: needs 1 to 64 letters, digits, '_', '-' or '.'"},
        {"gate:\n  secret_key_file: sk_live_x\n",
         "c.yaml:2:20: gate.secret_key_file: needs the path of a file, not a secret key"},
        {"auth:\n  header_name: Host\n",
         "c.yaml:2:16: auth.header_name: 'Host' has another purpose and cannot carry the account"},
        {"auth:\n  mode: none\n", "c.yaml:2:9: auth.mode: needs one of required, optional, not 'none'"},
        {"auth:\n  public_paths:\n    - /a\n    - /b/../c\n",
         "c.yaml:4:7: auth.public_paths: '/b/../c' must not have '.' or '..' segments"},
        {"forwarded:\n  trusted_proxies: [10.0.0.0/8, 10.1.2.3/8]\n",
         "c.yaml:2:33: forwarded.trusted_proxies: '10.1.2.3/8' has bits beyond its prefix; did you mean "
         "10.0.0.0/8?"},
        {"workers: -1\n", "c.yaml:1:10: workers: needs auto, or a number from 1 to 256, not '-1'"},
        {"log:\n  level: loud\n",
         "c.yaml:2:10: log.level: needs one of debug, info, warn, error, not 'loud'"},
    }));
    INFO(text);
    CHECK(shown(load_yaml(text)) == expected);
}

TEST_CASE("all problems of a file come at once, in its order") {
    CHECK(shown(load_yaml("workers: no\ncache:\n  tll: 1s\n  ttl: 60\n  ttl: 61s\nlog: {level: loud}\n")) ==
          "c.yaml:1:10: workers: needs auto, or a number from 1 to 256, not 'no'\n"
          "c.yaml:3:3: unknown key 'tll' in cache; did you mean ttl?\n"
          "c.yaml:4:8: cache.ttl: needs a unit, such as 60s (ms, s, m, h)\n"
          "c.yaml:5:3: duplicate key 'ttl'\n"
          "c.yaml:6:14: log.level: needs one of debug, info, warn, error, not 'loud'");
}

TEST_CASE("an empty section changes nothing") {
    CHECK(load_yaml("cache:\nlimits: {}\n").value == config{});
}

TEST_CASE("a value that was refused leaves its default") {
    CHECK(load_yaml("cache:\n  ttl: 2h\n").value == config{});
}

TEST_CASE("a file is read from disk") {
    const temporary_directory directory;
    auto input = with();
    input.file = directory.write("c.yaml", "workers: 5\n");
    const auto got = load(input);
    CHECK(shown(got) == "");
    CHECK(got.value.workers == 5);
}

TEST_CASE("a file that cannot be read is a problem, even where it would have held nothing") {
    const temporary_directory directory;
    auto input = with();
    input.file = directory.path("absent.yaml");
    CHECK(shown(load(input)) == *input.file + ": cannot be read: No such file or directory");
    input.file = directory.path("");
    CHECK(shown(load(input)) == *input.file + ": is a directory");
    input.file = directory.write("large.yaml", "#" + std::string(1024 * 1024, 'x'));
    CHECK(shown(load(input)) == *input.file + ": is larger than 1MiB");
}

TEST_CASE("no file at all is fine") {
    CHECK(load(with()).value == config{});
}
