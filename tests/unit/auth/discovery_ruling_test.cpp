// Which requests for a document of ours are answered with it: rule 9, nothing of the API becomes public.
#include <gate/auth/ruling.hpp>

#include <catch.hpp>

using namespace gate;
using config::access_level;
using core::reason;

namespace {

config::route_options denied(std::string path) {
    return {.paths = {std::move(path)}, .auth = access_level::deny};
}

struct asking {
    std::string path = "/auth.md";
    std::string method = "GET";
    std::string host = "a";
    std::string more{};
};

class world {
public:
    explicit world(std::vector<config::route_options> routes = {}) {
        options_.discovery = {
            .public_url = "https://api.test", .service_id = "product", .name = "", .documentation = ""};
        options_.routes = std::move(routes);
    }

    config::config& options() { return options_; }

    auth::ruling rule(const asking& what) const {
        const std::string text =
            what.method + ' ' + what.path + " HTTP/1.1\r\nHost: " + what.host + "\r\n" + what.more + "\r\n";
        const http::reading_rules rules{{16384, 100, 8192}, http::identity_names(""), {"X-Original-URL"}};
        http::request_facts facts;
        REQUIRE(http::read_request(text, rules, facts));
        const auto shown = auth::extract_bearer(facts.head);
        REQUIRE(shown.has_value());
        auth::policy_scratch scratch;
        return auth::rule_on(facts, *shown, auth::access_policy(options_), scratch);
    }
    reason why(const asking& what = {}) const { return rule(what).reason; }

private:
    config::config options_;
};

}  // namespace

TEST_CASE("a document needs no token, whatever token is shown") {
    for (const std::string more : {"", "Authorization: Bearer agt_x\r\n", "Authorization: Basic x\r\n"}) {
        const auto made = world().rule({.more = more});
        CHECK(made.verdict == core::verdict::allow);
        CHECK(made.reason == reason::discovery);
    }
}

TEST_CASE("without discovery there is no document") {
    world one;
    one.options().discovery = {};
    CHECK(one.why() == reason::token_missing);
}

TEST_CASE("another method, and another path, need what they need") {
    const world one;
    for (const std::string method : {"POST", "OPTIONS", "PUT", "QUERY", "get"}) {
        INFO(method);
        CHECK(one.why({.method = method}) == reason::token_missing);
    }
    CHECK(one.why({.method = "HEAD"}) == reason::discovery);
    CHECK(one.why({.path = "/auth.md?x=/y"}) == reason::discovery);
    CHECK(one.why({.path = "http://other.test/auth.md"}) == reason::discovery);
    for (const std::string path :
         {"/auth.md/", "//auth.md", "/auth%2Emd", "/AUTH.md", "/x?/auth.md", "/errors/none"}) {
        INFO(path);
        CHECK(one.why({.path = path}) == reason::token_missing);
    }
}

TEST_CASE("a route that names the very path has it, and a wider pattern has not") {
    using methods = std::vector<std::string>;
    using config::route_options;
    const auto of = [](route_options route) {
        route.auth = access_level::optional;
        return world({std::move(route)});
    };
    CHECK(of({.paths = {"/auth.md"}}).why() == reason::no_token);
    CHECK(of({.paths = {"/x", "/auth.md"}}).why() == reason::no_token);
    CHECK(of({.paths = {"/auth.md"}, .methods = methods{"GET"}}).why() == reason::no_token);
    CHECK(of({.paths = {"/auth.md"}, .methods = methods{"GET"}}).rule({.method = "HEAD"}).reason ==
          reason::token_missing);
    CHECK(of({.paths = {"/auth.md"}, .methods = methods{"POST"}}).why() == reason::discovery);
    CHECK(of({.paths = {"/auth.md"}, .hosts = {"a"}}).why() == reason::no_token);
    CHECK(of({.paths = {"/auth.md"}, .hosts = {"b"}}).why() == reason::discovery);
    for (const std::string path : {"/**", "/*", "/auth.md/**", "/auth.mdx", "/Auth.md"}) {
        INFO(path);
        CHECK(of({.paths = {path}}).why() == reason::discovery);
    }
}

TEST_CASE("a path that a route of every host names is not ours on a host with a route of its own") {
    const world one({{.paths = {"/**"}, .hosts = {"a"}, .auth = access_level::optional},
                     {.paths = {"/auth.md"}, .auth = access_level::optional}});
    CHECK(one.why() == reason::no_token);
}

TEST_CASE("a public path is named") {
    world one;
    one.options().auth.public_paths = {"/auth.md"};
    CHECK(one.why() == reason::public_path);
}

TEST_CASE("what denies the path or a reading of it refuses") {
    for (const std::string path : {"/**", "/*", "/auth.md", "/auth.md/**", "/AUTH.MD"}) {
        INFO(path);
        CHECK(world({denied(path)}).why() == reason::path_denied);
    }
    CHECK(world({denied("/errors/**")}).why() == reason::discovery);
    const asking moved{.more = "X-Original-URL: /admin\r\n"};
    CHECK(world({denied("/admin")}).why(moved) == reason::path_denied);
    CHECK(world({denied("/other")}).why(moved) == reason::discovery);
}

TEST_CASE("a denial in shadow is tried, and refuses nothing") {
    world one({denied("/auth.md")});
    one.options().auth.shadow = true;
    const auto made = one.rule({});
    CHECK(made.route.in_shadow);
    CHECK(made.reason == reason::path_denied);
    world trial({denied("/auth.md")});
    trial.options().routes.front().shadow = true;
    CHECK(trial.why() == reason::discovery);
}
