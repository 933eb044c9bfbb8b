#include "asking.hpp"

#include <gate/answer/judged_request.hpp>
#include <gate/answer/rules.hpp>
#include <gate/auth/ruling.hpp>

#include <memory>

using namespace gate;
using config::access_level;
using config::original_source;
using core::reason;

namespace {

answer::original_request original_of(std::string_view method, std::string_view target) {
    const auto named = http::read_named_request(method, target, 8192);
    REQUIRE(named.has_value());
    return {named->method_name, named->verb, named->target, {}};
}

config::config with_routes() {
    config::config options;
    options.routes.push_back({.paths = {"/open/**"}, .methods = {"GET"}, .auth = access_level::none});
    options.routes.push_back({.paths = {"/admin/**"}, .auth = access_level::deny});
    options.routes.push_back({.paths = {"/cors/**"}, .auth = access_level::required, .preflight = true});
    return options;
}

// What a request without a token gets.
reason ruling_of(const std::string& fields, const answer::original_request& original, original_source from,
                 const auth::access_policy& policy) {
    const test::asking one(fields);
    http::request_facts judged;
    auth::policy_scratch scratch;
    answer::make_judged(one.facts, original, from, judged);
    return auth::rule_on(judged, {}, policy, scratch).reason;
}

}  // namespace

TEST_CASE("the decision is about the original, and not about the question") {
    const auth::access_policy policy(with_routes());
    const auto by = original_source::x_forwarded;
    CHECK(ruling_of("", original_of("GET", "/open/x"), by, policy) == reason::public_path);
    CHECK(ruling_of("", original_of("POST", "/open/x"), by, policy) == reason::token_missing);
    CHECK(ruling_of("", original_of("GET", "/admin/x"), by, policy) == reason::path_denied);
    CHECK(ruling_of("", original_of("GET", "/open/../admin"), by, policy) == reason::path_denied);
}

TEST_CASE("fields that move a request count in every spelling (rule 7)") {
    const auth::access_policy policy(with_routes());
    const auto open = original_of("GET", "/open/x");
    for (const char* const field :
         {"X-Original-URL: /admin/x", "X_Original_URL: /admin/x", "X-Rewrite-URL: http://a.test/admin/x",
          "x-original-uri: /admin/x", "X.Rewrite.Url: /admin/x"}) {
        INFO(field);
        CHECK(ruling_of(field + std::string("\r\n"), open, original_source::x_forwarded, policy) ==
              reason::path_denied);
    }
    for (const char* const field : {"X-HTTP-Method-Override: POST", "X_HTTP_Method: POST",
                                    "X-Method-Override: post", "X.HTTP.Method: GET, POST"}) {
        INFO(field);
        CHECK(ruling_of(field + std::string("\r\n"), open, original_source::path, policy) ==
              reason::token_missing);
    }
}

TEST_CASE("fields that carry the original move it nowhere") {
    const auth::access_policy policy(with_routes());
    const auto open = original_of("GET", "/open/x");
    const std::string carrier = "X-Original-URI: /open/x\r\nX-Original-Method: GET\r\n";
    CHECK(ruling_of(carrier, open, original_source::x_original, policy) == reason::public_path);
    CHECK(ruling_of(carrier + "X-Rewrite-URL: /admin/x\r\n", open, original_source::x_original, policy) ==
          reason::path_denied);
}

TEST_CASE("a preflight passes by its route, and by none where the original is not known") {
    const auto options = std::make_shared<config::config>(with_routes());
    options->auth.preflight = true;
    const auth::access_policy policy(*options);
    const std::string fields = "Origin: https://a.test\r\nAccess-Control-Request-Method: GET\r\n";
    CHECK(ruling_of(fields, original_of("OPTIONS", "/cors/x"), original_source::path, policy) ==
          reason::preflight);
    const answer::rules none(options,
                             {*options, policy, http::error_texts::plain(), {}, "X-Gate-Account-Id: "});
    CHECK_FALSE(none.knows_original());
    CHECK(ruling_of(fields, original_of("OPTIONS", "/cors/x"), original_source::none, none.policy) ==
          reason::token_missing);
    CHECK(ruling_of("", original_of("GET", "/open/x"), original_source::none, none.policy) ==
          reason::token_missing);
}

TEST_CASE("Upgrade and Expect of the question are ignored, but no request follows an Expect") {
    const test::asking upgrade("Upgrade: websocket\r\nConnection: Upgrade\r\nContent-Length: 2\r\n");
    CHECK_FALSE(upgrade.facts.features.websocket);
    const test::asking odd("Expect: something\r\nContent-Length: 2\r\n");
    CHECK(odd.facts.features.expects_continue);
    const test::asking empty("Expect: 100-continue\r\n");
    CHECK_FALSE(empty.facts.features.expects_continue);
}
