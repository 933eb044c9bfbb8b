// Certificates of clients.
#include "tls_pair.hpp"

#include <catch.hpp>
#include <string>

using namespace gate;
using config::client_auth;
using net::handshake_result;

namespace {

net::server_tls_material asking(client_auth how) {
    auto out = test::server_material();
    out.client_auth = how;
    out.client_ca_pem = test::known_certificates::get().ca.pem;
    return out;
}

test::ssl_context peer_with(const certificate& own) {
    auto out = test::trusting_peer();
    test::show_certificate(out.get(), own.pem, own.key_pem);
    return out;
}

certificate client_with(const certificate_wish& wish) {
    return make_certificate(test::known_certificates::get().ca, wish);
}

}  // namespace

TEST_CASE("TLS: what a client's certificate says is known") {
    test::tls_pair tls;
    const auto how = GENERATE(client_auth::optional, client_auth::required);
    certificate_wish wish;
    wish.san = "DNS:Caller.Test,URI:spiffe://test/ns/a,DNS:b.test,email:a@b.test,IP:10.0.0.1";
    wish.common_name = "caller, of \"tests\"";
    REQUIRE(tls.accept(test::make_server(asking(how)), peer_with(client_with(wish))) == handshake_result::ok);
    const auto& facts = tls.facts();
    CHECK(facts.has_client_certificate);
    CHECK(facts.client_subject == R"(CN=caller\, of \"tests\")");
    CHECK(facts.client_uris == std::vector<std::string>{"spiffe://test/ns/a"});
    CHECK(facts.client_dns_names == std::vector<std::string>{"caller.test", "b.test"});
    CHECK(facts.client_sha256.size() == 64);
}

TEST_CASE("TLS: a client without a certificate") {
    test::tls_pair tls;
    const auto how = GENERATE(client_auth::none, client_auth::optional, client_auth::required);
    const auto result = tls.accept(test::make_server(asking(how)), test::trusting_peer());
    if (how == client_auth::required) {
        CHECK(result == handshake_result::refused);
        tls.run_until([&] { return tls.peer->has_failed(); });
        CHECK(tls.peer->failure().find("certificate required") != std::string::npos);
    } else {
        CHECK(result == handshake_result::ok);
        CHECK_FALSE(tls.facts().has_client_certificate);
        CHECK(tls.facts().client_sha256.empty());
    }
}

TEST_CASE("TLS: a certificate that nobody asked for is none") {
    test::tls_pair tls;
    REQUIRE(tls.accept(test::make_server(test::server_material()),
                       peer_with(test::known_certificates::get().client)) == handshake_result::ok);
    CHECK_FALSE(tls.facts().has_client_certificate);
}

TEST_CASE("TLS: a client's certificate that does not verify ends the handshake, even where none is needed") {
    test::tls_pair tls;
    const auto how = GENERATE(client_auth::optional, client_auth::required);
    certificate own;
    SECTION("of another authority") {
        own = make_certificate(make_ca("authority of the tests"), "DNS:caller.test");
    }
    SECTION("expired") {
        certificate_wish wish;
        wish.seconds_left = -10;
        own = client_with(wish);
    }
    SECTION("a name with a NUL") {
        certificate_wish wish;
        wish.dns = std::string("caller.test\0.evil", 17);
        own = client_with(wish);
    }
    SECTION("a name with a control byte") {
        certificate_wish wish;
        wish.dns = "caller.test\n";
        own = client_with(wish);
    }
    CHECK(tls.accept(test::make_server(asking(how)), peer_with(own)) == handshake_result::refused);
    CHECK(net::facts_of(tls.ours()) == nullptr);
}

TEST_CASE("TLS: a chain of more than eight certificates is refused") {
    auto issuer = test::known_certificates::get().ca;
    std::string chain;
    const int length = GENERATE(1, 12);
    for (int i = 0; i < length; ++i) {
        certificate_wish wish;
        wish.is_ca = true;
        wish.common_name = "intermediate " + std::to_string(i);
        issuer = make_certificate(issuer, wish);
        chain.insert(0, issuer.pem);
    }
    auto own = make_certificate(issuer, "DNS:caller.test");
    own.pem += chain;
    test::tls_pair tls;
    CHECK(tls.accept(test::make_server(asking(client_auth::required)), peer_with(own)) ==
          (length == 1 ? handshake_result::ok : handshake_result::refused));
}
