// `routes` and `upstreams` as the file says them: what is read, and what is wrong with them.
#include "config_support.hpp"

#include <gate/config/changes.hpp>
#include <gate/config/print.hpp>

#include <catch.hpp>
#include <iterator>

using namespace gate::config;
using namespace config_test;
using namespace std::chrono_literals;

namespace {

struct wrong {
    std::string_view text;
    std::string_view problem;
};

// Each with what a user sees, without "c.yaml:".
constexpr wrong wrong_tables[] = {
    {"routes: {path: /a}", "1:9: routes: needs a list, such as [{path: /healthz, auth: none}]"},
    {"routes:", "1:1: routes: needs a list, such as [{path: /healthz, auth: none}]"},
    {"routes: /a", "1:9: routes: needs a list, such as [{path: /healthz, auth: none}]"},
    {"routes: [/a]", "1:10: routes[0]: needs keys, such as {path: /healthz, auth: none}"},
    {"routes: [{}, ~]", "1:14: routes[1]: needs keys, such as {path: /healthz, auth: none}"},
    {"routes: [{paht: /a}]", "1:11: unknown key 'paht' in routes[0]; did you mean path?"},
    {"routes: [{}, {path: /a, auht: none}]", "1:25: unknown key 'auht' in routes[1]; did you mean auth?"},
    {"routes: [{path: /a, response_timeout: 5s}]",
     "1:21: unknown key 'response_timeout' in routes[0]; write timeouts: {response: ...} in the route"},
    {"routes: [{path: '/a/{id}'}]",
     "1:17: routes[0].path: has the character '{', which must be percent-encoded; * is a segment that "
     "varies"},
    {"routes: [{host: 'https://api.test'}]",
     "1:17: routes[0].host: must be a name alone, without 'https://' and without a path"},
    {"routes: [{routes.path: /a}]", "1:11: unknown key 'routes.path' in routes[0]"},
    {"routes: [{path: /a, path: /b}]", "1:21: duplicate key 'path'"},
    {"routes: [{path: a}]", "1:17: routes[0].path: must begin with '/'"},
    {"routes: [{path: [/a, b]}]", "1:22: routes[0].path: must begin with '/'"},
    {"routes: [{path: '/a?b'}]", "1:17: routes[0].path: must not have a query: routes match the path alone"},
    {"routes: [{path: /a/**/b}]",
     "1:17: routes[0].path: has '**' before its end: only '/**' as the last segment is possible"},
    {"routes: [{path: /a*}]",
     "1:17: routes[0].path: has '*' inside a segment: '*' stands for one whole segment (a literal one is "
     "written %2A)"},
    {"routes: [{path: /a/../b}]", "1:17: routes[0].path: must not have '.' or '..' segments"},
    {"routes: [{path: //a}]", "1:17: routes[0].path: must not contain '//'"},
    {"routes: [{path: /a%2Fb}]", "1:17: routes[0].path: contains %2F, which servers interpret differently"},
    {"routes: [{path: []}]", "1:17: routes[0].path: must not be empty; remove the key instead"},
    {"routes: [{path: [/a, /a]}]", "1:22: routes[0].path: '/a' is in the list twice"},
    {"routes: [{path: {a: b}}]", "1:17: routes[0].path: needs one value or a list, such as [a, b]"},
    {"routes: [{path: [[/a]]}]", "1:18: routes[0].path: needs plain values as items"},
    {"routes: [{path: }]", "1:11: routes[0].path: has no value; remove the key instead"},
    {"routes: [{host: '*'}]", "1:17: routes[0].host: is no host: without `host` a route matches every host"},
    {"routes: [{host: api.test:80}]", "1:17: routes[0].host: must not have a port: ports are not compared"},
    {"routes: [{host: [api.test, API.test]}]", "1:28: routes[0].host: must be in lower case"},
    {"routes: [{methods: [get]}]",
     "1:21: routes[0].methods: 'get' is not a method in upper case, such as GET"},
    {"routes: [{methods: TRACE}]", "1:20: routes[0].methods: 'TRACE' is always refused"},
    {"routes: [{methods: []}]", "1:20: routes[0].methods: must not be empty; remove the key instead"},
    {"routes: [{auth: open}]",
     "1:17: routes[0].auth: needs one of required, optional, none, deny, not 'open'"},
    {"routes: [{auth: [none]}]", "1:17: routes[0].auth: needs one value"},
    {"routes: [{auth: }]", "1:11: routes[0].auth: has no value; remove the key instead"},
    {"routes: [{shadow: yes}]", "1:19: routes[0].shadow: needs true or false, not 'yes'"},
    {"routes: [{log: 1}]", "1:16: routes[0].log: needs true or false, not '1'"},
    {"routes: [{upstream: nowhere}]", "1:21: routes[0].upstream: 'nowhere' is not in upstreams"},
    {"routes: [{name: 'a b'}]",
     "1:17: routes[0].name: needs 1 to 64 letters, digits, '_', '-' or '.' as a name"},
    {"routes: [{timeouts: 5s}]",
     "1:21: routes[0].timeouts: needs keys below it: response, stream_idle or body"},
    {"routes: [{timeouts: {response: 2h}}]", "1:32: routes[0].timeouts.response: must be between 0 and 1h"},
    {"routes: [{timeouts: {body: 5}}]",
     "1:28: routes[0].timeouts.body: needs a unit, such as 5s (ms, s, m, h)"},
    {"routes: [{timeouts: {idle: 2s}}]", "1:22: unknown key 'idle' in routes[0].timeouts"},
    {"routes: [{rate: agents}]", "1:11: routes[0].rate: is not supported yet; remove the key"},
    {"rates: {agents: {requests: 600/m}}", "1:1: rates: is not supported yet; remove the key"},
    {"upstream: {protocol: http2}", "1:12: upstream.protocol: is not supported yet; remove the key"},
    {"routes: [{preflight: true, methods: [GET]}]",
     "1:22: routes[0].preflight: is for OPTIONS, which is not among the methods"},
    {"limits: {target_length: 64B}\nroutes: [{path: [/b, "
     "/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa]}]",
     "2:17: routes[0].path: '/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa...' is longer than "
     "limits.target_length and never matches"},
    {"upstreams: [a]", "1:12: upstreams: needs names below it, each with keys of its own"},
    {"upstreams: {a b: {url: 'http://h'}}",
     "1:13: upstreams: 'a b': needs 1 to 64 letters, digits, '_', '-' or '.' as a name"},
    {"upstreams: {a: {url: 'http://h'}, a: {url: 'http://i'}}", "1:35: duplicate key 'a'"},
    {"upstreams: {a: http://h}", "1:13: upstreams.a: needs keys below it"},
    {"upstreams: {a: {forward_token: true}}", "1:13: upstreams.a: needs a url"},
    {"upstreams: {a: {url: 'http://h', protocol: http2}}",
     "1:34: upstreams.a.protocol: is not supported yet; remove the key"},
    {"upstreams: {a: {url: 'http://h', forward_tokens: true}}",
     "1:34: unknown key 'forward_tokens' in upstreams.a; did you mean forward_token?"},
    {"upstreams: {a: {url: 'http://h', idle_timeout: 2h}}",
     "1:48: upstreams.a.idle_timeout: must be between 0s and 1h"},
    {"upstreams: {a: {url: 'http://h/p'}}",
     "1:22: upstreams.a.url: must not have a path: each request keeps its own path"},
    {"upstreams: {a: {url: 'http://127.0.0.1:9902'}}",
     "1:22: upstreams.a.url: is this program's own status.address"},
    {"auth: {public_paths: [/a/*]}",
     "1:23: auth.public_paths: '/a/*' must not contain '*': patterns are for routes"},
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

TEST_CASE("what is wrong with a route or an upstream is said, and where") {
    STATIC_REQUIRE(std::size(wrong_tables) >= 30);
    for (const auto& each : wrong_tables) {
        INFO(each.text);
        CHECK(shown(load_yaml(each.text)) == "c.yaml:" + std::string(each.problem));
    }
}

TEST_CASE("all problems of a table are said together") {
    const auto got = load_yaml("routes:\n  - {path: a, auth: b}\n  - {upstream: c, rate: d, log: e}\n");
    CHECK(got.problems.size() == 5);
}

TEST_CASE("a name of an upstream that holds a line feed stays on one line of the message") {
    CHECK(shown(load_yaml("upstreams: {\"a\\nb\": {url: 'http://h'}}")).find('\n') == std::string::npos);
    CHECK(shown(load_yaml("routes: [{\"a\\nb\": 1}]")).find('\n') == std::string::npos);
}

TEST_CASE("YAML that means more than it says is refused in routes too") {
    const auto [text, expected] = GENERATE(table<std::string, std::string>({
        {"routes: [&a {path: /a}, *a]", "anchors"},
        {"routes: [{<<: {path: /a}}]", "merge keys"},
        {"routes: [!x {path: /a}]", "tags"},
        {"routes: [{path: [[[[[[[[/a]]]]]]]]}]", "nested too deeply"},
        {"routes: [{[a]: b}]", "keys must be plain words"},
    }));
    INFO(text);
    const auto got = load_yaml(text);
    CHECK_FALSE(got.ok());
    CHECK(shown(got).find(expected) != std::string::npos);
}

namespace {

// "[first, ..., last]" of `count` items; '#' in `item` is the number of each.
std::string list_of(std::size_t count, const std::string& item) {
    std::string out;
    for (std::size_t i = 0; i < count; ++i) {
        auto text = item;
        for (auto at = text.find('#'); at != std::string::npos; at = text.find('#'))
            text.replace(at, 1, std::to_string(i));
        out += (out.empty() ? "" : ", ") + text;
    }
    return out;
}

}  // namespace

TEST_CASE("the numbers of routes, upstreams, names and items have limits") {
    CHECK(load_yaml("routes: [" + list_of(1000, "{path: /#}") + "]").ok());
    CHECK(shown(load_yaml("routes: [" + list_of(1001, "{path: /#}") + "]")) ==
          "c.yaml:1:9: routes: has more than 1000 entries");
    CHECK(load_yaml("routes: [{path: [" + list_of(100, "/#") + "]}]").ok());
    CHECK(shown(load_yaml("routes: [{path: [" + list_of(101, "/#") + "]}]")) ==
          "c.yaml:1:17: routes[0].path: has more than 100 items");
    CHECK(load_yaml("upstreams: {" + list_of(100, "u#: {url: 'http://h'}") + "}").ok());
    CHECK(shown(load_yaml("upstreams: {" + list_of(101, "u#: {url: 'http://h'}") + "}")) ==
          "c.yaml:1:12: upstreams: has more than 100 entries");
}

TEST_CASE("routes and upstreams have at most 100 names together, and a name used twice counts once") {
    const std::string upstreams = "upstreams: {" + list_of(60, "u#: {url: 'http://h'}") + "}\nroutes:\n";
    const auto routes = [](std::size_t count) {
        std::string out;
        for (std::size_t i = 0; i < count; ++i) {
            const auto number = std::to_string(i);
            out += "  - {path: /" + number + ", name: n" + number + "}\n";
        }
        return out + "  - {path: /again, name: n0}\n";
    };
    CHECK(shown(load_yaml(upstreams + routes(40))) == "");
    CHECK(shown(load_yaml(upstreams + routes(41))) ==
          "c.yaml:43:23: routes[40].name: routes and upstreams have more than 100 different names: metrics "
          "count by each of them");
}

TEST_CASE("upstreams and routes are printed as a file that loads to the same") {
    const auto got = load_yaml(R"(
upstreams: {b: {url: "http://[::1]:81"}, "1": {url: "http://h", response_timeout: 0},
  c: {url: "unix:/run/a \"b\" \\c.sock"}}
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

TEST_CASE("what changes in upstreams and routes is told entry by entry") {
    const auto before = load_yaml(R"(
upstreams: {a: {url: "http://a"}, b: {url: "http://b"}}
routes: [{path: /x, auth: none}, {path: /y}]
)");
    const auto after = load_yaml(R"(
upstreams: {c: {url: "http://c"}, b: {url: "http://bb", idle_timeout: 1s}}
routes: [{path: /y}, {path: /x, auth: optional, log: false}]
)");
    REQUIRE(before.ok());
    REQUIRE(after.ok());
    CHECK(entry_changes(before.value, after.value) ==
          std::vector<std::string>{
              "upstreams.a: removed", "upstreams.c: added", "upstreams.b.url: http://b -> http://bb",
              "upstreams.b.idle_timeout: 4s -> 1s", "routes: removed {path: [\"/x\"], auth: none}",
              "routes: added {path: [\"/x\"], auth: optional, log: false}"});
    CHECK(entry_changes(after.value, after.value).empty());
}

TEST_CASE("the order and the position of routes and upstreams are no change") {
    const auto before = load_yaml(
        "upstreams: {a: {url: 'http://a'}, b: {url: 'http://b'}}\n"
        "routes: [{path: /x}, {path: /y}]");
    const auto after = load_yaml(
        "routes: [{path: /y}, {path: /x}]\n"
        "upstreams: {b: {url: 'http://b'}, a: {url: 'http://a'}}");
    CHECK(entry_changes(before.value, after.value).empty());
}

TEST_CASE("an upstream that hands tokens on now is a loosening") {
    const auto before = load_yaml("upstreams: {a: {url: 'http://a'}}");
    const auto after = load_yaml("upstreams: {a: {url: 'http://a', forward_token: true}}");
    CHECK(loosenings(before.value, after.value) ==
          std::vector<std::string>{"upstreams.a.forward_token: false -> true"});
    CHECK(loosenings(after.value, before.value).empty());
}

TEST_CASE("the place of each public path is kept") {
    const auto got = load_yaml("auth:\n  public_paths:\n    - /a\n    - /b\n");
    REQUIRE(got.value.auth.public_path_places.each.size() == 2);
    CHECK(got.value.auth.public_path_places.each[1].line == 4);
    CHECK(load_yaml("{}", {{"GATE_SIDECAR_AUTH_PUBLIC_PATHS", "/a"}})
              .value.auth.public_path_places.each.empty());
}

TEST_CASE("the position of a route makes it no other route") {
    const auto one = load_yaml("routes: [{path: /a}]");
    const auto other = load_yaml("\n\nroutes:\n  - path: /a\n");
    CHECK(one.value == other.value);
}
