// What a reload opens: each kind of loosening is told once, with the route, and what tightens is not told.
#include <gate/auth/route_loosenings.hpp>
#include <gate/config/load.hpp>

#include <catch.hpp>
#include <string>
#include <vector>

using namespace gate;

namespace {

using lines = std::vector<std::string>;

config::config of(const std::string& yaml) {
    config::load_input input;
    input.require_secret_key = false;
    const auto got = config::load_text("c.yaml", yaml, input);
    INFO(yaml);
    REQUIRE(got.ok());
    return got.value;
}

lines told(const std::string& before, const std::string& after) {
    INFO(before + "\n-> " + after);
    return auth::route_loosenings(of(before), of(after));
}

struct change {
    std::string before, after;
    lines expected;
};

const std::string no_token_on =
    "upstreams: {a: {url: 'http://a'}, b: {url: 'http://b', forward_token: true}}\n";

}  // namespace

TEST_CASE("each kind of loosening of a route is told with the route, and not the way back") {
    const change all[] = {
        {"{}", "auth: {public_paths: [/x]}", {"/x: required -> none"}},
        {"auth: {mode: optional}", "auth: {mode: optional, public_paths: [/x]}", {"/x: optional -> none"}},
        {"{}", "routes: [{path: /x, auth: none}]", {"/x: required -> none, by routes[0] (line 1)"}},
        {"routes: [{path: /x, auth: deny}]",
         "routes: [{path: /x, auth: required}]",
         {"/x: deny -> required, by routes[0] (line 1)"}},
        {"routes: [{path: /x, auth: required}]",
         "routes: [{path: /x, auth: optional}]",
         {"/x: required -> optional, by routes[0] (line 1)"}},
        {"routes: [{path: /x/**, auth: deny}]", "{}", {"/x/**: deny -> required, by auth.mode"}},
        {"routes: [{path: /x, auth: none}, {path: /x/**, auth: deny}]",
         "routes: [{path: /x, auth: none}]",
         {"/x/**: deny -> required, by auth.mode"}},
        {"routes: [{path: /x}]",
         "routes: [{path: /x, shadow: true}]",
         {"/x: required -> in shadow, by routes[0] (line 1)"}},
        {"auth: {shadow: true}\nroutes: [{path: /x, shadow: false}]",
         "auth: {shadow: true}\nroutes: []",
         {"/x: required -> in shadow, by auth.mode"}},
        {"routes: [{path: /x}]",
         "routes: [{path: /x, preflight: true}]",
         {"/x (OPTIONS): preflights: required -> none, by routes[0] (line 1)"}},
        {"{}",
         "routes: [{path: /x, methods: [GET, HEAD], auth: none}]",
         {"/x (GET, HEAD): required -> none, by routes[0] (line 1)"}},
        {"routes: [{path: /x, auth: deny}]",
         "routes: [{path: /x, auth: deny, methods: [POST]}]",
         {"/x (OPTIONS and other methods): deny -> required, by auth.mode"}},
        {"{}",
         "routes: [{host: '*.a.test', path: /x, auth: none}]",
         {"/x for *.a.test: required -> none, by routes[0] (line 1)"}},
        {no_token_on + "routes: [{path: /x, upstream: a}]",
         no_token_on + "routes: [{path: /x, upstream: b}]",
         {"/x: the token: removed -> passed on, by routes[0] (line 2)"}},
    };
    for (const auto& each : all) {
        CHECK(told(each.before, each.after) == each.expected);
        CHECK(told(each.after, each.before).empty());
        CHECK(told(each.after, each.after).empty());
    }
}

TEST_CASE("a pattern that is gone is no loosening where another one is as strict") {
    CHECK(told("routes: [{path: /x/y, auth: deny}]", "routes: [{path: /x/**, auth: deny}]").empty());
    CHECK(told("routes: [{path: /x/y, auth: required}]", "{}").empty());
}

TEST_CASE("the same patterns in another order, with other names and upstreams, loosen nothing") {
    CHECK(told("routes: [{path: /x, auth: none}, {path: /y, auth: deny}]",
               "\nroutes: [{path: /y, auth: deny, log: false}, {path: /x, auth: none, name: n}]")
              .empty());
}

TEST_CASE("a loose pattern that takes paths from a stricter one is told where the two overlap") {
    CHECK(
        told("routes: [{path: /**, auth: none}, {path: /a/*/c, auth: deny}]",
             "routes: [{path: /**, auth: none}, {path: /a/*/c, auth: deny}, {path: /a/b/**, auth: none}]") ==
        lines{"/a/b/c: deny -> none, by routes[2] (line 1)"});
}

TEST_CASE("a path between two patterns is told too") {
    // /a/x is below /a/** before, and nothing's own after.
    CHECK(told("auth: {mode: optional}\nroutes: [{path: /a/**, auth: required}]",
               "auth: {mode: optional}\nroutes: [{path: /a, auth: required}, {path: /a/*/*/**, auth: "
               "required}]") == lines{"/a/**: required -> optional, by auth.mode"});
}

TEST_CASE("a deny for all hosts still holds where a host is opened above it") {
    // Host is the client's choice: the more specific path tightens.
    CHECK(told("routes: [{path: /x/**, auth: deny}]",
               "routes: [{path: /x/**, auth: deny}, {host: a.test, path: /**, auth: none}]") ==
          lines{"/** for a.test: required -> none, by routes[1] (line 1)"});
}

TEST_CASE("what auth.shadow, auth.preflight or an upstream says for everything is not told for each route") {
    CHECK(told("routes: [{path: /x}]", "auth: {shadow: true}\nroutes: [{path: /x}]").empty());
    CHECK(told("routes: [{path: /x}]", "auth: {preflight: true}\nroutes: [{path: /x}]").empty());
    CHECK(told("upstreams: {a: {url: 'http://a'}}\nroutes: [{path: /x, upstream: a}]",
               "upstreams: {a: {url: 'http://a', forward_token: true}}\nroutes: [{path: /x, upstream: a}]")
              .empty());
}

TEST_CASE("nothing is looser than a route in shadow") {
    CHECK(told("routes: [{path: /x, shadow: true}]", "routes: [{path: /x, auth: none}]").empty());
}

TEST_CASE("of very many loosenings the first are told, and how many more there are") {
    std::string routes = "routes:\n";
    for (int i = 0; i < 140; ++i) routes += "  - {path: /p" + std::to_string(i) + ", auth: none}\n";
    const auto got = told("{}", routes);
    REQUIRE(got.size() == 101);
    CHECK(got.back() == "and 40 more patterns of routes");
}

TEST_CASE("comparing large tables ends, and says what it has left out") {
    std::string routes = "routes:\n";
    for (int i = 0; i < 600; ++i) {
        const auto number = std::to_string(i);
        routes += "  - {path: [/a" + number + "/**, /b" + number + "/*/c/d/e/f/g/h/i/j/k/**], host: h" +
                  number + ".test, methods: [GET, HEAD, POST, PUT, DELETE, PATCH, A, B, C, D, E]}\n";
    }
    const auto got = told(routes, "auth: {mode: optional}");
    CHECK(got.size() <= 102);
    CHECK_FALSE(got.empty());
}
