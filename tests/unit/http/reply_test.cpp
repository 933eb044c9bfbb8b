#include <gate/http/reply.hpp>

#include <rapidjson/document.h>

#include <catch.hpp>

using namespace gate::http;
using gate::core::reason;

namespace {

struct parts {
    std::string head;
    std::string body;
};

parts made(const reply& what) {
    std::string out;
    append_reply(what, out);
    const auto end = out.find("\r\n\r\n");
    REQUIRE(end != std::string::npos);
    return {out.substr(0, end + 2), out.substr(end + 4)};
}

bool has_line(const parts& p, const std::string& line) {
    return p.head.find("\r\n" + line + "\r\n") != std::string::npos;
}

constexpr std::string_view our_id = "req_0123456789abcdef0123456789abcdef";

reply refused() {
    return {.status = 401, .reason = reason::token_missing, .request_id = our_id};
}

}  // namespace

TEST_CASE("an error reply has the shape that Gate's users know") {
    const parts p =
        made({.status = 503, .reason = reason::gate_timeout, .retry_after = 2, .request_id = our_id});
    rapidjson::Document body;
    REQUIRE_FALSE(body.Parse(p.body).HasParseError());
    const auto& error = body["error"];
    CHECK(error["code"].GetString() == std::string("gate_timeout"));
    CHECK(error["message"].GetString() == std::string(describe(reason::gate_timeout)));
    CHECK(error["status"].GetInt() == 503);
    CHECK(error["retryable"].GetBool());
    CHECK(error["request_id"].GetString() == std::string(our_id));
    CHECK(error["details"]["next_action"].GetString() == std::string("retry"));
    CHECK_FALSE(error["details"].HasMember("header_name"));
    CHECK_FALSE(error.HasMember("docs_url"));
    CHECK(p.head.starts_with("HTTP/1.1 503 Service Unavailable\r\n"));
    CHECK(has_line(p, "Retry-After: 2"));
    CHECK(has_line(p, "Content-Type: application/json"));
    CHECK(has_line(p, "Cache-Control: no-store"));
    CHECK(has_line(p, "Content-Length: " + std::to_string(p.body.size())));
}

TEST_CASE("an error reply says which field is at fault") {
    rapidjson::Document body;
    REQUIRE_FALSE(body.Parse(made(refused()).body).HasParseError());
    CHECK(body["error"]["details"]["header_name"].GetString() == std::string("Authorization"));
    CHECK_FALSE(body["error"]["details"].HasMember("next_action"));
}

TEST_CASE("the length of the body is the one that the head says") {
    for (std::size_t i = 0; i < gate::core::reason_count; ++i) {
        for (const auto form : {body_form::error, body_form::problem}) {
            reply what = refused();
            what.reason = static_cast<reason>(i);
            what.form = form;
            const parts p = made(what);
            INFO(p.body);
            CHECK(has_line(p, "Content-Length: " + std::to_string(p.body.size())));
        }
    }
}

TEST_CASE("a problem has a media type of its own") {
    reply what = refused();
    what.form = body_form::problem;
    const parts p = made(what);
    CHECK(has_line(p, "Content-Type: application/problem+json"));
    CHECK(p.body.starts_with("{\"type\":\"about:blank\""));
}

TEST_CASE("a page is sent as it is, and may be kept for an hour") {
    const page text{"text/plain; charset=utf-8", "words\n"};
    reply what{.status = 200, .page = &text, .request_id = our_id};
    const parts p = made(what);
    CHECK(p.head.starts_with("HTTP/1.1 200 OK\r\n"));
    CHECK(has_line(p, "Content-Type: text/plain; charset=utf-8"));
    CHECK(has_line(p, "Content-Length: 6"));
    CHECK(has_line(p, "Cache-Control: max-age=3600"));
    CHECK(has_line(p, "X-Request-Id: " + std::string(our_id)));
    CHECK(p.body == "words\n");
    what.head_request = true;
    CHECK(made(what).head == p.head);
    CHECK(made(what).body.empty());
}

TEST_CASE("a page has no challenge, whatever its reason") {
    const page text{"text/plain", "words"};
    CHECK(made({.status = 200, .reason = reason::token_missing, .page = &text, .request_id = our_id})
              .head.find("WWW-Authenticate") == std::string::npos);
}

TEST_CASE("every status that a reason stands for has a phrase") {
    for (std::size_t i = 0; i < gate::core::reason_count; ++i) {
        const auto status = gate::core::failure_of(static_cast<reason>(i)).status;
        INFO(status);
        CHECK((status == 0 || !gate::http::status_phrase(status).empty()));
    }
}

TEST_CASE("a challenge names the realm, and the error only if a token was given") {
    reply what = refused();
    CHECK(has_line(made(what), "WWW-Authenticate: Bearer realm=\"gate\""));
    what.reason = reason::token_invalid;
    CHECK(has_line(made(what), "WWW-Authenticate: Bearer realm=\"gate\", error=\"invalid_token\""));
    what.reason = reason::bad_authorization;
    CHECK(made(what).head.find("WWW-Authenticate") == std::string::npos);
}

TEST_CASE("the client's request id is echoed, and ours stays in the body") {
    reply what = refused();
    CHECK(has_line(made(what), "X-Request-Id: " + std::string(our_id)));
    what.x_request_id = "theirs";
    CHECK(has_line(made(what), "X-Request-Id: theirs"));
    CHECK(made(what).body.find(our_id) != std::string::npos);
}

TEST_CASE("the response to HEAD has the fields of a body, and no body") {
    reply what = refused();
    const parts with_body = made(what);
    what.head_request = true;
    const parts p = made(what);
    CHECK(p.head == with_body.head);
    CHECK(p.body.empty());
}

TEST_CASE("a reply says what becomes of the connection") {
    reply what = refused();
    CHECK(made(what).head.find("Connection") == std::string::npos);
    what.keep_alive_10 = true;
    CHECK(has_line(made(what), "Connection: keep-alive"));
    what.close = true;
    CHECK(has_line(made(what), "Connection: close"));
    CHECK_FALSE(has_line(made(what), "Connection: keep-alive"));
}

TEST_CASE("a refused method is told which are allowed") {
    reply what = refused();
    what.status = 405;
    CHECK(has_line(made(what), "Allow: GET, HEAD, POST, PUT, DELETE, PATCH, OPTIONS"));
}

TEST_CASE("a reply carries the date it is given") {
    reply what = refused();
    what.date = "Thu, 01 Jan 2026 00:00:00 GMT";
    CHECK(has_line(made(what), "Date: Thu, 01 Jan 2026 00:00:00 GMT"));
}

TEST_CASE("the statuses that we send have phrases") {
    for (const int status :
         {400, 401, 403, 405, 408, 413, 414, 417, 429, 431, 500, 501, 502, 503, 504, 505}) {
        INFO(status);
        CHECK_FALSE(status_phrase(status).empty());
    }
    CHECK(status_phrase(299).empty());
}
