// `routes` and `upstreams` as the file says them: what is read, and what is wrong with them.
#include "config_support.hpp"

#include <gate/config/changes.hpp>
#include <gate/config/print.hpp>

#include <catch.hpp>

using namespace gate::config;
using namespace config_test;
using namespace std::chrono_literals;

namespace {

struct wrong {
    std::string_view text;
    std::string_view problem;
};

}  // namespace

TEST_CASE("a route may have every key") {
    const auto got = load_yaml(R"(
upstreams:
  other: {url: "http://10.1.2.3:81", connect_timeout: 1s, forward_token: true}
routes:
  - name: all
    path: [/a/*/b, /c/**]
    host: ["*.example.com", api.test]
    methods: [GET, PATCH]
    auth: optional
    shadow: true
    preflight: false
    upstream: other
    timeouts: {response: 0s, stream_idle: 30m, body: 1s}
    log: false
  - {path: /d, auth: deny}
  - {}
)");
    INFO(shown(got));
    REQUIRE(got.ok());
    REQUIRE(got.value.upstreams.size() == 1);
    CHECK(got.value.upstreams[0].name == "other");
    CHECK(got.value.upstreams[0].options == upstream_options{{false, "10.1.2.3", 81, ""}, true, 1s, 60s, 4s});
    REQUIRE(got.value.routes.size() == 3);
    const auto& all = got.value.routes[0];
    CHECK(all == route_options{"all",
                               {"/a/*/b", "/c/**"},
                               {"*.example.com", "api.test"},
                               {"GET", "PATCH"},
                               access_level::optional,
                               true,
                               false,
                               "other",
                               0s,
                               30min,
                               1s,
                               false,
                               {}});
    CHECK(all.at.line == 5);
    CHECK(got.value.routes[1] == route_options{.paths = {"/d"}, .auth = access_level::deny});
    CHECK(got.value.routes[2] == route_options{});
}

TEST_CASE("what is wrong with a route is said, and where") {
    static constexpr wrong all[] = {
        {"routes: {path: /a}", "c.yaml:1:9: routes: needs a list, such as [{path: /healthz, auth: none}]"},
        {"routes:", "c.yaml:1:1: routes: needs a list, such as [{path: /healthz, auth: none}]"},
        {"routes: [/a]", "c.yaml:1:10: routes[0]: needs keys, such as {path: /healthz, auth: none}"},
        {"routes: [{paht: /a}]", "c.yaml:1:11: unknown key 'paht' in routes[0]; did you mean path?"},
        {"routes: [{}, {path: /a, auht: none}]",
         "c.yaml:1:25: unknown key 'auht' in routes[1]; did you mean auth?"},
        {"routes: [{path: a}]", "c.yaml:1:17: routes[0].path: must begin with '/'"},
        {"routes: [{path: [/a, b]}]", "c.yaml:1:22: routes[0].path: must begin with '/'"},
        {"routes: [{path: []}]", "c.yaml:1:17: routes[0].path: must not be empty; remove the key instead"},
        {"routes: [{path: [/a, /a]}]", "c.yaml:1:22: routes[0].path: '/a' is in the list twice"},
        {"routes: [{path: {a: b}}]", "c.yaml:1:17: routes[0].path: needs one value"},
        {"routes: [{path: [[/a]]}]", "c.yaml:1:18: routes[0].path: needs plain values as items"},
        {"routes: [{path: }]", "c.yaml:1:11: routes[0].path: has no value; remove the key instead"},
        {"routes: [{methods: [get]}]",
         "c.yaml:1:21: routes[0].methods: 'get' is not a method in upper case, such as GET"},
        {"routes: [{methods: TRACE}]", "c.yaml:1:20: routes[0].methods: 'TRACE' is always refused"},
        {"routes: [{methods: []}]",
         "c.yaml:1:20: routes[0].methods: must not be empty; remove the key instead"},
        {"routes: [{auth: open}]",
         "c.yaml:1:17: routes[0].auth: needs one of required, optional, none, deny, not 'open'"},
        {"routes: [{auth: [none]}]", "c.yaml:1:17: routes[0].auth: needs one value"},
        {"routes: [{shadow: yes}]", "c.yaml:1:19: routes[0].shadow: needs true or false, not 'yes'"},
        {"routes: [{log: 1}]", "c.yaml:1:16: routes[0].log: needs true or false, not '1'"},
        {"routes: [{upstream: nowhere}]", "c.yaml:1:10: routes[0].upstream: 'nowhere' is not in upstreams"},
        {"routes: [{name: 'a b'}]",
         "c.yaml:1:17: routes[0].name: needs 1 to 64 letters, digits, '_', '-' or '.' as a name"},
        {"routes: [{timeouts: 5s}]",
         "c.yaml:1:21: routes[0].timeouts: needs keys below it: response, stream_idle or body"},
        {"routes: [{timeouts: {response: 2h}}]",
         "c.yaml:1:32: routes[0].timeouts.response: must be between 0 and 1h"},
        {"routes: [{timeouts: {idle: 2s}}]", "c.yaml:1:22: unknown key 'idle' in routes[0].timeouts"},
        {"routes: [{rate: agents}]",
         "c.yaml:1:11: routes[0].rate: rates are not supported yet; remove the key"},
        {"rates: {agents: {requests: 600/m}}", "c.yaml:1:1: rates are not supported yet; remove the key"},
        {"routes: [{preflight: true, methods: [GET]}]",
         "c.yaml:1:10: routes[0].preflight: is for OPTIONS, which is not among the methods"},
        {"upstreams: [a]", "c.yaml:1:12: upstreams: needs names below it, each with keys of its own"},
        {"upstreams: {a b: {url: 'http://h'}}",
         "c.yaml:1:13: upstreams.a b: needs 1 to 64 letters, digits, '_', '-' or '.' as a name"},
        {"upstreams: {a: {forward_token: true}}", "c.yaml:1:13: upstreams.a: needs a url"},
        {"upstreams: {a: {url: 'http://h', protocol: http2}}",
         "c.yaml:1:34: upstreams.a.protocol: is not supported yet; remove the key"},
        {"upstreams: {a: {url: 'http://h/p'}}",
         "c.yaml:1:22: upstreams.a.url: must not have a path: each request keeps its own path"},
        {"upstreams: {a: {url: 'http://127.0.0.1:9902'}}",
         "c.yaml:1:13: upstreams.a.url: is this program's own status.address"},
    };
    for (const auto& each : all) {
        INFO(each.text);
        CHECK(shown(load_yaml(each.text)) == each.problem);
    }
}

TEST_CASE("upstreams and routes are printed as a file that loads to the same") {
    const auto got = load_yaml(R"(
upstreams: {b: {url: "http://[::1]:81"}, "1": {url: "http://h", response_timeout: 0}}
routes:
  - {name: "null", path: ["/a", "/caf%C3%A9/**"], host: "*.x.test", methods: [GET], auth: none, upstream: "1"}
  - {timeouts: {stream_idle: 0}, log: false, shadow: false, preflight: true, auth: required}
)");
    INFO(shown(got));
    REQUIRE(got.ok());
    const auto again = load_yaml(render(got));
    INFO(render(got));
    CHECK(shown(again) == "");
    CHECK(again.value == got.value);
}

TEST_CASE("the order and the position of a route make it no other route") {
    const auto one = load_yaml("routes: [{path: /a}]");
    const auto other = load_yaml("\n\nroutes:\n  - path: /a\n");
    CHECK(one.value == other.value);
}
