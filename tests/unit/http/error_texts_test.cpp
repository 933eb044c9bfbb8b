#include <gate/http/error_texts.hpp>
#include <gate/http/reply.hpp>

#include <rapidjson/document.h>

#include <catch.hpp>

using namespace gate::http;
using gate::core::reason;

namespace {

constexpr std::string_view our_id = "req_0123456789abcdef0123456789abcdef";

const error_links all_links{.errors = "https://api.test/errors/",
                            .resource_metadata = "https://api.test/.well-known/oauth-protected-resource",
                            .sign_up_command = "npx signup product",
                            .documentation = "https://docs.test/agents"};

std::string body_of(const error_texts& from, reason why, body_form form = body_form::error, int status = 0) {
    if (status == 0) status = gate::core::failure_of(why).status;
    const error_texts::body what{why, form, status, status_phrase(status), our_id};
    std::string out;
    from.append(what, out);
    CHECK(from.size_of(what) == out.size());
    return out;
}

rapidjson::Document parsed(const std::string& text) {
    rapidjson::Document out;
    INFO(text);
    REQUIRE_FALSE(out.Parse<rapidjson::kParseValidateEncodingFlag>(text.data(), text.size()).HasParseError());
    return out;
}

std::string text_in(const rapidjson::Value& object, const char* name) {
    REQUIRE(object.HasMember(name));
    REQUIRE(object[name].IsString());
    return object[name].GetString();
}

}  // namespace

TEST_CASE("the bodies of every reason are valid JSON, with and without links, in both forms") {
    const error_texts linked(all_links);
    for (std::size_t i = 1; i < gate::core::reason_count; ++i) {
        const auto why = static_cast<reason>(i);
        const auto& told = gate::core::failure_of(why);
        if (told.status == 0) continue;
        for (const auto* texts : {&error_texts::plain(), &linked}) {
            const auto error = parsed(body_of(*texts, why));
            CHECK(text_in(error["error"], "code") == to_string(why));
            CHECK(text_in(error["error"], "message") == describe(why));
            CHECK(error["error"]["status"].GetInt() == told.status);
            CHECK(error["error"]["retryable"].GetBool() == told.retryable);
            CHECK(text_in(error["error"], "request_id") == our_id);
            CHECK(error["error"]["details"].HasMember("header_name") == !told.field_name.empty());
            const auto problem = parsed(body_of(*texts, why, body_form::problem));
            CHECK(text_in(problem, "code") == to_string(why));
            CHECK(text_in(problem, "detail") == describe(why));
            CHECK(text_in(problem, "title") == status_phrase(told.status));
            CHECK(problem["status"].GetInt() == told.status);
            CHECK(problem["retryable"].GetBool() == told.retryable);
            CHECK(text_in(problem, "request_id") == our_id);
            CHECK(problem["details"] == error["error"]["details"]);
        }
    }
}

TEST_CASE("what the API may have done and must not do twice is not called retryable") {
    for (const auto why : {reason::upstream_reset, reason::upstream_timeout}) {
        for (const auto form : {body_form::error, body_form::problem}) {
            std::string out;
            const error_texts::body what{why, form, 502, status_phrase(502), our_id, false};
            error_texts::plain().append(what, out);
            CHECK(error_texts::plain().size_of(what) == out.size());
            const auto whole = parsed(out);
            const auto& error = form == body_form::error ? whole["error"] : whole;
            CHECK_FALSE(error["retryable"].GetBool());
            CHECK_FALSE(error["details"].HasMember("next_action"));
            CHECK(text_in(error, "code") == to_string(why));
        }
    }
}

TEST_CASE("an error links to its page where there is one") {
    const error_texts linked(all_links);
    const auto page = "https://api.test/errors/gate_timeout";
    CHECK(text_in(parsed(body_of(linked, reason::gate_timeout))["error"], "docs_url") == page);
    CHECK(text_in(parsed(body_of(linked, reason::gate_timeout, body_form::problem)), "type") == page);
    CHECK_FALSE(parsed(body_of(error_texts::plain(), reason::gate_timeout))["error"].HasMember("docs_url"));
    CHECK(text_in(parsed(body_of(error_texts::plain(), reason::gate_timeout, body_form::problem)), "type") ==
          "about:blank");
}

TEST_CASE("who needs another token is told how to sign up, and nobody else is") {
    const error_texts linked(all_links);
    for (std::size_t i = 1; i < gate::core::reason_count; ++i) {
        const auto why = static_cast<reason>(i);
        if (gate::core::failure_of(why).status == 0) continue;
        INFO(to_string(why));
        const bool is_told =
            why == reason::token_missing || why == reason::token_invalid || why == reason::token_revoked;
        const auto body = parsed(body_of(linked, why));
        const auto& details = body["error"]["details"];
        CHECK(details.HasMember("sign_up") == is_told);
        CHECK_FALSE(parsed(body_of(error_texts::plain(), why))["error"]["details"].HasMember("sign_up"));
        if (!is_told) continue;
        CHECK(text_in(details, "next_action") == "sign_up");
        CHECK(text_in(details["sign_up"], "command") == "npx signup product");
        CHECK(text_in(details["sign_up"], "documentation") == "https://docs.test/agents");
    }
}

TEST_CASE("a status other than the usual one stands in the body") {
    const auto body = parsed(body_of(error_texts::plain(), reason::gate_timeout, body_form::problem, 429));
    CHECK(body["status"].GetInt() == 429);
    CHECK(text_in(body, "title") == "Too Many Requests");
    CHECK(
        parsed(body_of(error_texts::plain(), reason::gate_timeout, body_form::error, 429))["error"]["status"]
            .GetInt() == 429);
}

TEST_CASE("the challenge names the metadata after what was wrong with the token") {
    const error_texts linked(all_links);
    CHECK(linked.challenge(false) ==
          "WWW-Authenticate: Bearer realm=\"gate\", "
          "resource_metadata=\"https://api.test/.well-known/oauth-protected-resource\"\r\n");
    CHECK(linked.challenge(true) ==
          "WWW-Authenticate: Bearer realm=\"gate\", error=\"invalid_token\", "
          "resource_metadata=\"https://api.test/.well-known/oauth-protected-resource\"\r\n");
    CHECK(error_texts::plain().challenge(false) == "WWW-Authenticate: Bearer realm=\"gate\"\r\n");
}

TEST_CASE("links of any bytes leave the bodies valid") {
    const std::string odd("a\"\\\x00\x1f\x7f\xff\xe2\x82</script>\xe2\x80\xa8", 22);
    const error_texts linked({odd, odd, odd, odd});
    for (const auto why : {reason::token_missing, reason::gate_timeout, reason::bad_host}) {
        parsed(body_of(linked, why));
        parsed(body_of(linked, why, body_form::problem));
    }
}
