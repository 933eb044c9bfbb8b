#include "asking.hpp"

#include <gate/answer/original_request.hpp>
#include <gate/answer/question.hpp>

#include <optional>

using namespace gate;
using config::original_source;

namespace {

constexpr answer::original_limits lenient{8192, false};
constexpr answer::original_limits with_hosts{8192, true};

core::result<answer::original_request> read(const test::asking& one, original_source from,
                                            const answer::original_limits& limits = lenient) {
    const auto behind = answer::read_question(one.facts.target).behind;
    auto out = answer::read_original(one.facts, behind, from, limits);
    if (!out) CHECK(out.error() == core::reason::original_missing);
    return out;
}

struct expected {
    std::string method, forwarded, path, host;
    bool slash = false;
};

void check(const core::result<answer::original_request>& got, const std::optional<expected>& want) {
    REQUIRE(static_cast<bool>(got) == want.has_value());
    if (!want) return;
    CHECK(got->method_name == want->method);
    CHECK(got->target.forwarded == want->forwarded);
    CHECK(got->target.path == want->path);
    CHECK(got->target.slash == want->slash);
    CHECK(got->host == want->host);
}

}  // namespace

TEST_CASE("original: path takes method, target and host of the asking request, byte for byte") {
    const struct {
        std::string line;
        std::optional<expected> want;
    } table[] = {
        {"POST /auth/v1/x?y=1 HTTP/1.1", expected{"POST", "/v1/x?y=1", "/v1/x", "a.test"}},
        {"GET /auth HTTP/1.1", expected{"GET", "/", "/", "a.test"}},
        {"GET /auth/ HTTP/1.1", expected{"GET", "/", "/", "a.test"}},
        {"GET /auth?x=/y HTTP/1.1", expected{"GET", "?x=/y", "/", "a.test", true}},
        {"GET /auth/../%2e%2e//x;y HTTP/1.1",
         expected{"GET", "/../%2e%2e//x;y", "/../%2e%2e//x;y", "a.test"}},
        {"get /refuse/x HTTP/1.1", expected{"get", "/x", "/x", "a.test"}},
        {"OPTIONS /auth/x HTTP/1.1", expected{"OPTIONS", "/x", "/x", "a.test"}},
    };
    for (const auto& row : table) {
        INFO(row.line);
        // Fields that other forms are read from are no fallback.
        const test::asking one(
            "X-Forwarded-Method: PUT\r\nX-Forwarded-Uri: /other\r\n"
            "X-Forwarded-Host: other.test\r\nX-Original-URI: /other\r\n",
            row.line, "a.test");
        check(read(one, original_source::path), row.want);
    }
}

TEST_CASE("original: x-forwarded takes three fields, and nothing else") {
    const std::string method = "X-Forwarded-Method: POST\r\n";
    const std::string uri = "X-Forwarded-Uri: /v1/x?y\r\n";
    const std::string host = "X-Forwarded-Host: api.test:8443\r\n";
    const struct {
        std::string fields;
        std::optional<expected> want;
    } table[] = {
        {method + uri + host, expected{"POST", "/v1/x?y", "/v1/x", "api.test:8443"}},
        {method + uri, expected{"POST", "/v1/x?y", "/v1/x", ""}},
        {"x-forwarded-method: GET\r\nx-forwarded-uri: //x/../y\r\n",
         expected{"GET", "//x/../y", "//x/../y", ""}},
        {"X-Forwarded-Method: OPTIONS\r\nX-Forwarded-Uri: *\r\n", expected{"OPTIONS", "*", "*", ""}},
        // missing
        {"", std::nullopt},
        {method, std::nullopt},
        {uri, std::nullopt},
        {method + "X-Forwarded-Uri:\r\n", std::nullopt},
        {"X-Forwarded-Method:\r\n" + uri, std::nullopt},
        // what other forms are read from is no fallback, and an escape of the name is another name
        {"X-Original-Method: GET\r\nX-Original-URI: /x\r\n", std::nullopt},
        {method + "X-Original-URI: /x\r\n", std::nullopt},
        {method + "X-Forwarded-Path: /x\r\n", std::nullopt},
        // doubled, in any spelling
        {method + method + uri, std::nullopt},
        {method + uri + uri, std::nullopt},
        {method + uri + host + host, std::nullopt},
        {method + uri + "X_Forwarded_Uri: /v1/x?y\r\n", std::nullopt},
        {"X_Forwarded_Method: POST\r\n" + method + uri, std::nullopt},
        {method + uri + "x.forwarded-host: api.test:8443\r\n", std::nullopt},
        {"X_Forwarded_Method: POST\r\n" + uri, std::nullopt},
        {method + uri + "X-Forwarded-Host: a.test, b.test\r\n", std::nullopt},
        {"X-Forwarded-Method: GET, POST\r\n" + uri, std::nullopt},
        {method + "X-Forwarded-Uri: /a, /b\r\n", std::nullopt},
        // of another form
        {method + "X-Forwarded-Uri: http://api.test/x\r\n", std::nullopt},
        {method + "X-Forwarded-Uri: x\r\n", std::nullopt},
        {method + "X-Forwarded-Uri: ?x\r\n", std::nullopt},
        {method + "X-Forwarded-Uri: *\r\n", std::nullopt},
        // malformed
        {method + "X-Forwarded-Uri: /x#y\r\n", std::nullopt},
        {method + "X-Forwarded-Uri: /x y\r\n", std::nullopt},
        {method + "X-Forwarded-Uri: /x\x80\r\n", std::nullopt},
        {"X-Forwarded-Method: G(T\r\n" + uri, std::nullopt},
        {"X-Forwarded-Method: CONNECT\r\n" + uri, std::nullopt},
        {"X-Forwarded-Method: TRACE\r\n" + uri, std::nullopt},
        {"X-Forwarded-Method: " + std::string(33, 'A') + "\r\n" + uri, std::nullopt},
        {method + "X-Forwarded-Uri: /" + std::string(8192, 'x') + "\r\n", std::nullopt},
        {method + uri + "X-Forwarded-Host:\r\n", std::nullopt},
        {method + uri + "X-Forwarded-Host: a.test/x\r\n", std::nullopt},
        {method + uri + "X-Forwarded-Host: user@a.test\r\n", std::nullopt},
    };
    for (const auto& row : table) {
        INFO(row.fields);
        const test::asking one(row.fields);
        check(read(one, original_source::x_forwarded), row.want);
    }
}

TEST_CASE("original: x-original takes a method, and either a path or a URL") {
    const std::string method = "X-Original-Method: PUT\r\n";
    const std::string uri = "X-Original-URI: /v1/x?y\r\n";
    const std::string url = "X-Original-URL: https://api.test/v1/x?y\r\n";
    const std::string host = "X-Forwarded-Host: said.test\r\n";
    const struct {
        std::string fields;
        std::optional<expected> want;
    } table[] = {
        {method + uri, expected{"PUT", "/v1/x?y", "/v1/x", ""}},
        {method + uri + host, expected{"PUT", "/v1/x?y", "/v1/x", "said.test"}},
        {method + url, expected{"PUT", "/v1/x?y", "/v1/x", "api.test"}},
        {method + url + host, expected{"PUT", "/v1/x?y", "/v1/x", "api.test"}},
        {method + "X-Original-URL: http://api.test\r\n", expected{"PUT", "/", "/", "api.test"}},
        {method + "X-Original-URL: http://api.test?x\r\n", expected{"PUT", "?x", "/", "api.test", true}},
        {"", std::nullopt},
        {uri, std::nullopt},
        {method, std::nullopt},
        {method + uri + url, std::nullopt},
        {method + uri + uri, std::nullopt},
        {method + url + url, std::nullopt},
        {method + method + uri, std::nullopt},
        {method + uri + "X_Original_URL: https://api.test/v1/x?y\r\n", std::nullopt},
        {method + "X_Original_URI: /v1/x?y\r\n", std::nullopt},
        {method + uri + host + host, std::nullopt},
        {method + url + host + host, std::nullopt},
        {method + "X-Original-URI: http://api.test/x\r\n", std::nullopt},
        {method + "X-Original-URL: /v1/x\r\n", std::nullopt},
        {method + "X-Original-URL: ftp://api.test/x\r\n", std::nullopt},
        {method + "X-Original-URL: http:///x\r\n", std::nullopt},
        {method + "X-Original-URL: http://user@api.test/x\r\n", std::nullopt},
        {method + "X-Original-URI: /x#y\r\n", std::nullopt},
        {"X-Forwarded-Method: GET\r\nX-Forwarded-Uri: /x\r\n", std::nullopt},
        {"X-Forwarded-Method: GET\r\n" + uri, std::nullopt},
    };
    for (const auto& row : table) {
        INFO(row.fields);
        const test::asking one(row.fields);
        check(read(one, original_source::x_original), row.want);
    }
}

TEST_CASE("where routes name hosts, an original without one is missing") {
    const std::string method = "X-Forwarded-Method: GET\r\nX-Original-Method: GET\r\n";
    const test::asking without(method + "X-Forwarded-Uri: /x\r\nX-Original-URI: /x\r\n");
    CHECK_FALSE(read(without, original_source::x_forwarded, with_hosts).has_value());
    CHECK_FALSE(read(without, original_source::x_original, with_hosts).has_value());
    const test::asking with(method +
                            "X-Forwarded-Uri: /x\r\nX-Original-URI: /x\r\nX-Forwarded-Host: a.test\r\n");
    CHECK(read(with, original_source::x_forwarded, with_hosts).has_value());
    CHECK(read(with, original_source::x_original, with_hosts).has_value());
    const test::asking url(method + "X-Original-URL: http://a.test/x\r\n");
    CHECK(read(url, original_source::x_original, with_hosts).has_value());
    const test::asking nobody("", "GET /auth/x HTTP/1.1", "");
    CHECK_FALSE(read(nobody, original_source::path, with_hosts).has_value());
    CHECK(read(nobody, original_source::path).has_value());
}
