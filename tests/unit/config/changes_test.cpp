#include "config_support.hpp"

#include <gate/config/changes.hpp>

#include <catch.hpp>

using namespace gate::config;
using namespace config_test;

namespace {

config of(std::string_view yaml) {
    const auto got = load_yaml(yaml);
    INFO(shown(got));
    REQUIRE(got.ok());
    return got.value;
}

using texts = std::vector<std::string>;

}  // namespace

TEST_CASE("differences are the options with other values, in the order of the table") {
    const auto before = of("cache: {ttl: 60s}");
    const auto after = of("auth: {public_paths: [/a, /b]}\ncache: {ttl: 30s}\nlog: {level: info}");
    texts told;
    for (const auto* each : differences(before, after)) told.push_back(describe_change(*each, before, after));
    CHECK(told == texts{"cache.ttl: 60s -> 30s", "auth.public_paths: [] -> [/a, /b]"});
    CHECK(differences(after, after).empty());
}

TEST_CASE("what a configuration allows that the one before did not is told with old and new") {
    const auto [before, after, expected] = GENERATE(table<std::string, std::string, texts>({
        {"auth: {mode: required}", "auth: {mode: optional}", {"auth.mode: required -> optional"}},
        {"{}",
         "auth: {shadow: true}",
         {"auth.shadow: false -> true: no request is refused for its token or its route"}},
        {"{}", "auth: {preflight: true}", {"auth.preflight: false -> true"}},
        {"{}",
         "forwarded: {trusted_proxies: [10.0.0.0/8]}",
         {"forwarded.trusted_proxies: 10.0.0.0/8 is trusted now"}},
        {"answer: {trusted_peers: [10.0.0.0/8]}",
         "answer: {trusted_peers: [10.0.0.0/8, 192.0.2.1]}",
         {"answer.trusted_peers: 192.0.2.1/32 may ask now"}},
        {"{}",
         "forwarded: {pass: [X-Original-URL]}",
         {"forwarded.pass: X-Original-URL: removed -> passed on"}},
        {"{}", "admin: {hosts: [ops.test]}", {"admin.hosts: ops.test: refused -> accepted"}},
        {"{}", "upstream: {forward_token: true}", {"upstream.forward_token: false -> true"}},
        {"upstream: {url: 'https://api'}",
         "upstream: {url: 'http://api'}",
         {"upstream.url: https -> http: requests to it are not encrypted any more"}},
        {"upstreams: {a: {url: 'https://a', tls: {ca_file: /ca.pem}}}",
         "upstreams: {a: {url: 'https://a'}}",
         {"upstreams.a.tls.ca_file: /ca.pem -> the authorities of the system"}},
        {"cache: {ttl: 30s}", "cache: {ttl: 60s}", {"cache.ttl: 30s -> 60s"}},
        {"{}", "cache: {grace: 5s}", {"cache.grace: 0s -> 5s"}},
        {"{}", "cache: {verify_streams: false}", {"cache.verify_streams: true -> false"}},
        {"cache: {stream_max_unverified: 1m}",
         "cache: {stream_max_unverified: 2m}",
         {"cache.stream_max_unverified: 60s -> 2m"}},
    }));
    INFO(before << " -> " << after);
    CHECK(loosenings(of(before), of(after)) == expected);
    CHECK(loosenings(of(after), of(before)).empty());
}

TEST_CASE("an admin token where there was none loosens, another one does not") {
    config none;
    config one;
    one.admin_token = gate::core::secret_string("0123456789abcdef");
    config other;
    other.admin_token = gate::core::secret_string("fedcba9876543210");
    CHECK(loosenings(none, one).size() == 1);
    CHECK(loosenings(one, other).empty());
    CHECK(loosenings(one, none).empty());
}
