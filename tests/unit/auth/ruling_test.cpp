#include <gate/auth/ruling.hpp>

#include <catch.hpp>

using namespace gate;
using auth::verdict;
using core::reason;

namespace {

struct asked_of {
    std::string path = "/x";
    std::string authorization{};  // a whole line, or none
    bool optional = false;
    bool forwards_tokens = false;
    std::string more{};
};

auth::ruling rule(const asked_of& what) {
    const std::string text =
        "GET " + what.path + " HTTP/1.1\r\nHost: a\r\n" + what.authorization + what.more + "\r\n";
    config::config options;
    options.auth.mode = what.optional ? config::auth_mode::optional : config::auth_mode::required;
    options.auth.public_paths = {"/open"};
    options.upstream.forward_token = what.forwards_tokens;
    const http::reading_rules rules{{16384, 100, 8192}, http::identity_names(""), {"X-Original-URL"}};
    http::request_facts facts;
    REQUIRE(http::read_request(text, rules, facts));
    const auto shown = auth::extract_bearer(facts.head);
    REQUIRE(shown.has_value());
    auth::policy_scratch scratch;
    return auth::rule_on(facts, *shown, auth::access_policy(options), scratch);
}

const std::string good = "Authorization: Bearer agt_good\r\n";
const std::string other = "Authorization: Basic abc\r\n";
const std::string misplaced = "Authorization: Token agt_good\r\n";
const std::string malformed = "Authorization: Bearer agt_a!b\r\n";

}  // namespace

TEST_CASE("the head of a request decides as far as it can") {
    const struct {
        asked_of what;
        verdict decided;
        reason why;
        bool drops;
    } table[] = {
        {{.authorization = good}, verdict::unavailable, reason::none, true},
        {{.authorization = good, .forwards_tokens = true}, verdict::unavailable, reason::none, false},
        {{.authorization = good, .optional = true}, verdict::unavailable, reason::none, true},
        {{}, verdict::deny, reason::token_missing, false},
        {{.optional = true}, verdict::allow, reason::no_token, false},
        {{.authorization = other}, verdict::deny, reason::token_missing, false},
        {{.authorization = other, .optional = true}, verdict::allow, reason::no_token, false},
        {{.authorization = misplaced, .optional = true}, verdict::allow, reason::no_token, true},
        {{.authorization = malformed}, verdict::deny, reason::token_malformed, true},
        {{.authorization = malformed, .optional = true}, verdict::deny, reason::token_malformed, true},
        {{.path = "/open"}, verdict::allow, reason::public_path, false},
        {{.path = "/open", .authorization = good}, verdict::allow, reason::public_path, true},
        {{.path = "/open", .authorization = good, .forwards_tokens = true},
         verdict::allow,
         reason::public_path,
         true},
        {{.path = "/open", .authorization = malformed}, verdict::allow, reason::public_path, true},
        {{.path = "/open", .authorization = other}, verdict::allow, reason::public_path, false},
    };
    for (const auto& row : table) {
        INFO(row.what.path << ' ' << row.what.authorization << row.what.optional << row.what.forwards_tokens);
        const auto made = rule(row.what);
        CHECK(made.verdict == row.decided);
        CHECK(made.reason == row.why);
        CHECK(made.must_verify() == (row.why == reason::none));
        CHECK(made.drops_authorization == row.drops);
    }
}

TEST_CASE("a request that is moved elsewhere gets no public path") {
    CHECK(rule({.path = "/open", .more = "X-Original-URL: /admin\r\n"}).reason == reason::token_missing);
}

TEST_CASE("a stricter route in shadow refuses nothing, opens nothing, and tells what it would refuse") {
    const auto trial = [](config::access_level tried, config::auth_mode mode,
                          const std::string& authorization) {
        const std::string text = "GET /trial/x HTTP/1.1\r\nHost: a\r\n" + authorization + "\r\n";
        config::config options;
        options.auth.mode = mode;
        options.routes.push_back({.paths = {"/trial/**"}, .auth = tried, .shadow = true});
        const http::reading_rules rules{{16384, 100, 8192}, http::identity_names(""), {}};
        http::request_facts facts;
        REQUIRE(http::read_request(text, rules, facts));
        auth::policy_scratch scratch;
        return auth::rule_on(facts, *auth::extract_bearer(facts.head), auth::access_policy(options), scratch);
    };
    using config::access_level;
    using config::auth_mode;
    const auto denied = trial(access_level::deny, auth_mode::required, good);
    CHECK(denied.must_verify());
    CHECK(denied.on_trial == reason::path_denied);
    CHECK_FALSE(denied.route.in_shadow);
    CHECK(trial(access_level::deny, auth_mode::required, "").reason == reason::token_missing);
    const auto open = trial(access_level::required, auth_mode::optional, other);
    CHECK(open.reason == reason::no_token);
    CHECK(open.on_trial == reason::token_missing);
    CHECK(trial(access_level::required, auth_mode::optional, good).on_trial == reason::none);
    CHECK(trial(access_level::required, auth_mode::optional, malformed).reason == reason::token_malformed);
}

TEST_CASE("rule 7: what a field moves elsewhere is no CORS preflight") {
    config::config options;
    options.auth.preflight = true;
    const auth::access_policy policy(options);
    const http::reading_rules rules{
        {16384, 100, 8192}, http::identity_names(""), {"X-HTTP-Method-Override", "X-Original-URL"}};
    const auto reason_of = [&](const std::string& more) {
        const std::string text =
            "OPTIONS /x HTTP/1.1\r\nHost: a\r\nOrigin: b\r\nAccess-Control-Request-Method: PUT\r\n" + more +
            "\r\n";
        http::request_facts facts;
        REQUIRE(http::read_request(text, rules, facts));
        auth::policy_scratch scratch;
        return auth::rule_on(facts, {}, policy, scratch).reason;
    };
    CHECK(reason_of("") == reason::preflight);
    CHECK(reason_of("X-HTTP-Method-Override: DELETE\r\n") == reason::token_missing);
    CHECK(reason_of("X-Original-URL: /y\r\n") == reason::token_missing);
}
