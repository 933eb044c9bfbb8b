// Requests that come over TLS: their certificate is a condition in addition to the token.
#include "exchange_fixture.hpp"

#include <gate/proxy/proxy_door.hpp>

#include <catch.hpp>

using namespace gate;
using core::reason;
using test::exchange_fixture;

namespace {

using texts = std::vector<std::string>;

net::tls_facts certified() {
    net::tls_facts out{.version = "1.3", .cipher = "TLS_AES_128_GCM_SHA256"};
    out.server_name = "a";
    out.has_client_certificate = true;
    out.client_uris = {"spiffe://a.test/ns/x"};
    out.client_sha256 = "ab12";
    return out;
}

std::string request_with(const std::string& lines) {
    return "GET / HTTP/1.1\r\nHost: a\r\n" + lines + "\r\n";
}

const std::string& upstream_head(exchange_fixture& f) {
    f.upstream.has_idle = true;
    f.start();
    return f.upstream.idle.place.text;
}

bool has_line(const std::string& head, const std::string& line) {
    return head.find("\r\n" + line + "\r\n") != head.npos;
}

}  // namespace

TEST_CASE("a request of a client whose name may not come is refused, and the connection stays") {
    const auto facts = certified();
    const texts names{"other.test"};
    exchange_fixture f;
    f.come_over_tls(facts, {.client_names = names});
    f.start();
    CHECK(f.client.status == 403);
    CHECK(f.client.reply == reason::client_name_refused);
    CHECK_FALSE(f.client.reply_closes);
    CHECK(f.upstream.fresh_leases == 0);
}

TEST_CASE("shadow mode lets no other client come") {
    const auto facts = certified();
    const texts names{"other.test"};
    config::config options;
    options.auth.shadow = true;
    exchange_fixture f(request_with({}), options);
    f.come_over_tls(facts, {.client_names = names});
    f.start();
    CHECK(f.client.status == 403);
    CHECK(f.upstream.fresh_leases == 0);
}

TEST_CASE("a request for another host than the one of the handshake is misdirected") {
    const auto facts = certified();
    exchange_fixture f("GET / HTTP/1.1\r\nHost: b\r\n\r\n");
    f.come_over_tls(facts, {});
    f.start();
    CHECK(f.client.status == 421);
    CHECK(f.client.reply == reason::host_not_served_here);
    CHECK(f.client.reply_closes);
    CHECK(f.upstream.fresh_leases == 0);
}

TEST_CASE("the host of an absolute target is the one that counts") {
    const auto facts = certified();
    exchange_fixture f("GET https://b/ HTTP/1.1\r\nHost: a\r\n\r\n");
    f.come_over_tls(facts, {});
    f.start();
    CHECK(f.client.status == 421);
}

TEST_CASE("a certificate is no token") {
    const auto facts = certified();
    const texts names{"spiffe://a.test/ns/*"};
    exchange_fixture f(request_with({}), config::auth_mode::required);
    f.come_over_tls(facts, {.client_names = names});
    f.start();
    CHECK(f.client.status == 401);
    CHECK(f.client.reply == reason::token_missing);
}

TEST_CASE("the upstream is told of the certificate, and that the client came over TLS") {
    const auto facts = certified();
    exchange_fixture f(request_with("X-Forwarded-Client-Cert: Hash=00\r\nX-Forwarded-Proto: http\r\n"));
    f.come_over_tls(facts, {.tells_upstream = true});
    const auto& head = upstream_head(f);
    CHECK(has_line(head, "X-Forwarded-Client-Cert: Hash=ab12;URI=spiffe://a.test/ns/x"));
    CHECK(has_line(head, "X-Forwarded-Proto: https"));
    CHECK(head.find("Hash=00") == head.npos);
}

TEST_CASE("the upstream of a clear connection is told of no certificate") {
    exchange_fixture f(request_with("X-Forwarded-Client-Cert: Hash=00\r\nX-Forwarded-Proto: https\r\n"));
    const auto& head = upstream_head(f);
    CHECK(head.find("Hash=00") == head.npos);
    CHECK(has_line(head, "X-Forwarded-Proto: http"));
}

TEST_CASE("what a trusted proxy says of the scheme goes before how it came itself") {
    const std::pair<std::string, std::string> table[] = {
        {"X-Forwarded-Proto: http\r\n", "http"},
        {"X-Forwarded-Proto: HTTPS\r\n", "https"},
        {"X-Forwarded-Proto: gopher\r\n", "https"},
        {"X-Forwarded-Proto: http\r\nX-Forwarded-Proto: http\r\n", "https"},
        {"", "https"},
    };
    const auto facts = certified();
    for (const auto& [lines, scheme] : table) {
        INFO(lines);
        exchange_fixture f(request_with(lines));
        f.come_over_tls(facts, {});
        f.trust_peer();
        CHECK(has_line(upstream_head(f), "X-Forwarded-Proto: " + scheme));
    }
}

TEST_CASE("each listener has rules of its own for certificates") {
    config::config options;
    options.listeners.resize(2);
    options.listeners[0].options.tls.client_names = {"first.test"};
    options.listeners[1].options.tls.client_names = {"second.test"};
    options.listeners[1].options.tls.client_auth = config::client_auth::required;
    const auto rules = proxy::certificate_rules_of(options, 1);
    CHECK(texts(rules.client_names.begin(), rules.client_names.end()) == texts{"second.test"});
    CHECK(rules.client_auth == config::client_auth::required);
    CHECK(proxy::certificate_rules_of(options, 0).client_auth == config::client_auth::none);

    config::config only;
    only.listener.tls.client_names = {"only.test"};
    CHECK(proxy::certificate_rules_of(only, 0).client_names.size() == 1);
}
