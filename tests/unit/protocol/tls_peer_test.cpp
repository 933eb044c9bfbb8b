#include <gate/protocol/peer.hpp>

#include <catch.hpp>
#include <string>
#include <vector>

using namespace gate;
using core::reason;
using protocol::certificate_rules;
using protocol::tls_peer;

namespace {

using texts = std::vector<std::string>;

net::tls_facts shown_by(texts uris, texts dns_names) {
    net::tls_facts out{.version = "1.3", .cipher = "TLS_AES_128_GCM_SHA256"};
    out.server_name = "api.test";
    out.has_client_certificate = true;
    out.client_subject = "CN=agent";
    out.client_uris = std::move(uris);
    out.client_dns_names = std::move(dns_names);
    out.client_sha256 = "ab12";
    return out;
}

reason refusal(const net::tls_facts& facts, const texts& client_names, std::string_view host = "api.test") {
    tls_peer peer(facts);
    peer.judge({.client_names = client_names});
    return peer.refusal_of(host);
}

}  // namespace

TEST_CASE("a certificate whose name is not among client_names is refused") {
    const auto facts = shown_by({"spiffe://a.test/ns/x/sa"}, {"agent.test"});
    CHECK(refusal(facts, {}) == reason::none);
    CHECK(refusal(facts, {"other.test", "agent.test"}) == reason::none);
    CHECK(refusal(facts, {"spiffe://a.test/ns/x/*"}) == reason::none);
    CHECK(refusal(facts, {"other.test", "spiffe://a.test/ns/y/*"}) == reason::client_name_refused);
    CHECK(refusal(shown_by({}, {}), {"agent.test"}) == reason::client_name_refused);
    CHECK(refusal(shown_by({}, {}), {}) == reason::none);
}

TEST_CASE("a certificate with a control byte in a name is refused even where all may come") {
    CHECK(refusal(shown_by({}, {std::string("agent.test\0.evil.test", 21), "agent.test"}), {}) ==
          reason::client_name_refused);
    CHECK(refusal(shown_by({"urn:a\r\nb"}, {"agent.test"}), {"agent.test"}) == reason::client_name_refused);
}

TEST_CASE("client_names says nothing of a client that shows no certificate") {
    net::tls_facts facts;
    facts.server_name = "api.test";
    CHECK(refusal(facts, {"agent.test"}) == reason::none);
    CHECK(refusal(facts, {"agent.test"}, "other.test") == reason::none);
}

TEST_CASE("with a certificate the host is the one of the handshake") {
    auto facts = shown_by({}, {"agent.test"});
    CHECK(refusal(facts, {}, "API.test.:8443") == reason::none);
    CHECK(refusal(facts, {}, "other.test") == reason::host_not_served_here);
    CHECK(refusal(facts, {}, "") == reason::none);
    CHECK(refusal(facts, {"nobody.test"}, "other.test") == reason::client_name_refused);
    facts.server_name.clear();
    CHECK(refusal(facts, {}, "other.test") == reason::none);
    tls_peer asking(facts);
    facts.server_name = "sidecar.test";
    asking.judge({.compares_host = false});
    CHECK(asking.refusal_of("other.test") == reason::none);
}

TEST_CASE("nothing passes before it is judged, and each judgement replaces the one before") {
    const auto facts = shown_by({}, {"agent.test"});
    const texts allowed{"agent.test"};
    const texts others{"other.test"};
    tls_peer peer(facts);
    CHECK(peer.refusal_of("api.test") == reason::client_name_refused);
    peer.judge({.client_names = allowed, .tells_upstream = true});
    CHECK(peer.refusal_of("api.test") == reason::none);
    CHECK(peer.client_cert_line() == "X-Forwarded-Client-Cert: Hash=ab12;DNS=agent.test\r\n");
    peer.judge({.client_names = others});
    CHECK(peer.refusal_of("api.test") == reason::client_name_refused);
    CHECK(peer.client_cert_line().empty());
}

TEST_CASE("the upstream is told of a certificate only where there is one") {
    net::tls_facts facts;
    tls_peer peer(facts);
    peer.judge({.tells_upstream = true});
    CHECK(peer.client_cert_line().empty());
}

TEST_CASE("the log names what a certificate names, up to a bound") {
    const auto facts = shown_by({"spiffe://a.test/b"}, {"c.test", "d.test"});
    const tls_peer peer(facts);
    CHECK(peer.shown().version == "1.3");
    CHECK(peer.shown().cipher == "TLS_AES_128_GCM_SHA256");
    CHECK(peer.shown().client_subject == "CN=agent");
    CHECK(peer.shown().client_names == "URI:spiffe://a.test/b, DNS:c.test, DNS:d.test");
    const auto many = shown_by({}, texts(100'000, "c.test"));
    CHECK(tls_peer(many).shown().client_names.size() == 1024);
}

TEST_CASE("a clear connection has nothing to say") {
    const protocol::peer peer{net::ip_address{}, "192.0.2.1"};
    CHECK_FALSE(peer.is_over_tls());
    CHECK(peer.refusal_of("api.test") == reason::none);
    CHECK(peer.client_cert_line().empty());
    CHECK(peer.shown_tls() == nullptr);
}

TEST_CASE("a client that came before the listener asked more of clients has to come again") {
    using auth = gate::config::client_auth;
    const auto is_outdated = [](auth then, auth now) {
        net::tls_facts facts;
        facts.client_auth = then;
        tls_peer peer(facts);
        peer.judge({.client_auth = now});
        return peer.is_outdated();
    };
    CHECK(is_outdated(auth::none, auth::optional));
    CHECK(is_outdated(auth::optional, auth::required));
    CHECK(is_outdated(auth::none, auth::required));
    for (const auto same : {auth::none, auth::optional, auth::required}) CHECK_FALSE(is_outdated(same, same));
    CHECK_FALSE(is_outdated(auth::required, auth::none));
    CHECK_FALSE(is_outdated(auth::required, auth::optional));
}
