#include <gate/auth/policy.hpp>
#include <gate/config/rules.hpp>

#include <catch.hpp>
#include <string>
#include <vector>

using namespace gate;
using auth::access_policy;
using auth::route_access;
using config::auth_mode;

namespace {

config::config options_of(std::vector<std::string> public_paths, auth_mode mode = auth_mode::required) {
    config::config options;
    options.auth.mode = mode;
    options.auth.public_paths = std::move(public_paths);
    return options;
}

// Fields of the request, complete lines.
auth::route_decision decide(const access_policy& policy, const std::string& path,
                            const std::string& fields = {}) {
    const std::string text = "GET / HTTP/1.1\r\nHost: a.test\r\n" + fields + "\r\n";
    const http::reading_rules rules{
        {16384, 100, 8192}, http::identity_names(""), {"X-Original-URL", "X-HTTP-Method-Override"}};
    http::request_facts facts;
    REQUIRE(http::read_request(text, rules, facts));
    facts.target.path = path;
    auth::policy_scratch scratch;
    return policy.decide(facts, scratch);
}

route_access needs_of(const access_policy& policy, const std::string& path, const std::string& fields = {}) {
    return decide(policy, path, fields).needs;
}

}  // namespace

TEST_CASE("rule 8: everything is protected unless the configuration says otherwise") {
    for (const std::string path : {"/", "/health", "*"}) {
        INFO(path);
        CHECK(needs_of(access_policy(options_of({})), path) == route_access::required);
        CHECK(needs_of(access_policy(options_of({"/other", "/z"})), path) == route_access::required);
        CHECK(needs_of(access_policy(options_of({"/other"}, auth_mode::optional)), path) ==
              route_access::optional);
    }
}

TEST_CASE("rule 8: a public path is that very path and no other") {
    const access_policy policy(options_of({"/open/", "/health"}));
    CHECK(needs_of(policy, "/health") == route_access::none);
    CHECK(needs_of(policy, "/open/") == route_access::none);
    for (const std::string path : {"/health/", "/healthy", "/HEALTH", "/%68ealth", "/open", "/open/more",
                                   "/open/../secret", "//health", "/x/health"}) {
        INFO(path);
        CHECK(needs_of(policy, path) == route_access::required);
    }
}

TEST_CASE("a public path that the configuration accepts can match") {
    const auto matches = [](const std::string& path) {
        return needs_of(access_policy(options_of({path})), path) == route_access::none;
    };
    for (int code = 0; code < 256; ++code) {
        constexpr std::string_view digits = "0123456789ABCDEF";
        const auto high = digits[static_cast<std::size_t>(code / 16)];
        const auto low = digits[static_cast<std::size_t>(code % 16)];
        for (const std::string& piece :
             {std::string(1, static_cast<char>(code)), std::string{'%', high, low}}) {
            for (const std::string& path : {"/" + piece, "/a" + piece + "b", "/" + piece + piece + "/"}) {
                INFO(path);
                CHECK((!config::check_path(path).empty() || matches(path)));
            }
        }
    }
    CHECK(config::check_path("/a%20b").empty());
    CHECK_FALSE(config::check_path("/a.").empty());
}

TEST_CASE("rule 7: a request that a field moves elsewhere gets no public path") {
    const std::string moved = "X-Original-URL: /health\r\n";
    CHECK(needs_of(access_policy(options_of({"/health"})), "/health", moved) == route_access::required);
    CHECK(needs_of(access_policy(options_of({"/health"}, auth_mode::optional)), "/health", moved) ==
          route_access::optional);
}

TEST_CASE("rule 8: a path that could be read differently is protected") {
    const access_policy policy(options_of({"/a"}));
    for (const std::string path : {"/a//b", "/a/../b", "/a/./b", "/a;b", "/a\\b", "/a%2Fb", "/a%5cb",
                                   "/a%2eb", "/a%00", "/a%3B", "/a%23", "/a%zz", "/a/", "/x/../a"}) {
        INFO(path);
        CHECK(needs_of(policy, path) == route_access::required);
    }
}

TEST_CASE("a route has what it says, and else what the whole file says") {
    config::config options;
    options.auth.shadow = true;
    options.upstream.forward_token = true;
    options.upstreams = {{"one", {}, {}}, {"two", {}, {}}};
    options.routes = {{.paths = {"/a"}},
                      {.name = "b",
                       .paths = {"/b"},
                       .methods = {"GET"},
                       .auth = route_access::deny,
                       .shadow = false,
                       .preflight = false,
                       .upstream = "two",
                       .response_timeout = core::duration(5),
                       .log = false,
                       .at = {7, 3}}};
    const auto routes = auth::routes_of(options);
    REQUIRE(routes.size() == 2);
    CHECK(routes[0] == auth::route{.paths = {"/a"}, .shadow = true, .where = "routes[0]"});
    CHECK(routes[1] == auth::route{.paths = {"/b"},
                                   .methods = {"GET"},
                                   .needs = route_access::deny,
                                   .log = false,
                                   .name = "b",
                                   .upstream = 2,
                                   .timeouts = {core::duration(5), {}, {}},
                                   .where = "routes[1] (line 7)"});
    const access_policy policy(options);
    CHECK(policy.forwards_token(nullptr));
    CHECK(policy.forwards_token(&policy.routes().routes()[0]));
    CHECK_FALSE(policy.forwards_token(&policy.routes().routes()[1]));
}

TEST_CASE("rule 7: what override fields ask for tightens, and the method is told from the path") {
    config::config options;
    options.routes = {{.paths = {"/admin/**"}, .auth = route_access::deny},
                      {.paths = {"/open/**"}, .auth = route_access::none},
                      {.paths = {"/open/**"}, .methods = {"DELETE"}, .auth = route_access::deny}};
    const access_policy policy(options);
    CHECK(needs_of(policy, "/open/x") == route_access::none);
    CHECK(needs_of(policy, "/open/x", "X-Original-URL: /admin/y\r\n") == route_access::deny);
    CHECK(needs_of(policy, "/open/x", "X-HTTP-Method-Override: DELETE\r\n") == route_access::deny);
    CHECK(needs_of(policy, "/open/x", "X-HTTP-Method-Override: PUT\r\n") == route_access::none);
    for (const std::string list : {"DELETE, x", "DELETE,", "GET ,delete", ",,DELETE"})
        CHECK(needs_of(policy, "/open/x", "X-HTTP-Method-Override: " + list + "\r\n") == route_access::deny);
    CHECK(needs_of(policy, "/open/x", "X-HTTP-Method-Override: PUT, x\r\n") == route_access::none);
}

TEST_CASE("where everything needs a token, routes and modes do not count") {
    config::auth_options options;
    options.mode = auth_mode::optional;
    options.public_paths = {"/open"};
    CHECK(needs_of(access_policy::token_for_all(options), "/open") == route_access::required);
}
