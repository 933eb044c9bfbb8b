// Which certificate a client is shown.
#include "tls_pair.hpp"

#include <gate/net/tls_files.hpp>

#include <openssl/x509v3.h>

#include <catch.hpp>
#include <string>

using namespace gate;
using net::handshake_result;

namespace {

const certificate& authority() {
    return test::known_certificates::get().ca;
}

net::tls_certificate made_for(const certificate_wish& wish, std::vector<std::string> names) {
    const auto kind = wish.key == "RSA-2048"  ? net::key_kind::rsa
                      : wish.key == "ED25519" ? net::key_kind::ed25519
                                              : net::key_kind::ecdsa;
    return test::as_material(make_certificate(authority(), wish), std::move(names), kind);
}

certificate_wish wish_for(const std::string& name, const std::string& key = "P-256") {
    certificate_wish out;
    out.san = "DNS:" + name;
    out.key = key;
    out.common_name = name;
    return out;
}

// The common name of the certificate that the client has been shown.
std::string shown_to(test::tls_pair& tls) {
    const std::unique_ptr<X509, decltype([](X509* it) { X509_free(it); })> shown(
        SSL_get1_peer_certificate(tls.peer->ssl()));
    char text[256] = "";
    X509_NAME_get_text_by_NID(X509_get_subject_name(shown.get()), NID_commonName, text, sizeof text);
    return text;
}

// Empty: there was no handshake.
std::string certificate_for(const std::shared_ptr<net::server_tls>& server, const char* name) {
    test::tls_pair tls;
    const auto result = tls.accept(server, test::trusting_peer(), name);
    return result == handshake_result::ok ? shown_to(tls) : std::string();
}

// The kind of key that a client is shown which knows only this suite.
int key_for(const std::shared_ptr<net::server_tls>& server, const char* name, const char* suite) {
    test::tls_pair tls;
    auto context = test::trusting_peer();
    SSL_CTX_set_max_proto_version(context.get(), TLS1_2_VERSION);
    SSL_CTX_set_cipher_list(context.get(), suite);
    if (tls.accept(server, std::move(context), name) != handshake_result::ok) return 0;
    return EVP_PKEY_get_base_id(X509_get0_pubkey(SSL_get0_peer_certificate(tls.peer->ssl())));
}

net::server_tls_material several() {
    net::server_tls_material out;
    out.certificates = {made_for(wish_for("first.test"), {"first.test"}),
                        made_for(wish_for("*.wild.test"), {"*.wild.test"}),
                        made_for(wish_for("exact.wild.test"), {"exact.wild.test"})};
    return out;
}

}  // namespace

TEST_CASE("TLS: the certificate follows the name: exact, wildcard, default") {
    const auto server = test::make_server(several());
    CHECK(certificate_for(server, "first.test") == "first.test");
    CHECK(certificate_for(server, "a.wild.test") == "*.wild.test");
    CHECK(certificate_for(server, "exact.wild.test") == "exact.wild.test");
    CHECK(certificate_for(server, "EXACT.Wild.test.") == "exact.wild.test");
    CHECK(certificate_for(server, "a.b.wild.test") == "first.test");
    CHECK(certificate_for(server, "wild.test") == "first.test");
    CHECK(certificate_for(server, "other.test") == "first.test");
    CHECK(certificate_for(server, nullptr) == "first.test");
}

TEST_CASE("TLS: a common name is no name of a certificate") {
    auto material = several();
    certificate_wish wish;
    wish.common_name = "common.test";
    wish.san = "DNS:another.test";
    material.certificates.push_back(made_for(wish, {"another.test"}));
    CHECK(certificate_for(test::make_server(std::move(material)), "common.test") == "first.test");
}

TEST_CASE("TLS: with strict_sni, a name that no certificate has ends the handshake") {
    auto material = several();
    material.strict_sni = true;
    const auto server = test::make_server(std::move(material));
    CHECK(certificate_for(server, "a.wild.test") == "*.wild.test");
    CHECK(certificate_for(server, nullptr) == "first.test");
    test::tls_pair tls;
    CHECK(tls.accept(server, test::trusting_peer(), "other.test") == handshake_result::refused);
    tls.run_until([&] { return tls.peer->has_failed(); });
    CHECK(tls.peer->failure().find("unrecognized name") != std::string::npos);
}

TEST_CASE("TLS: a server name that is none ends the handshake") {
    const auto* const name = GENERATE("a b", "a/b", "app.test:443", "\"quoted\"", "a\x80");
    test::tls_pair tls;
    CHECK(tls.accept(test::make_server(several()), test::trusting_peer(), name) == handshake_result::refused);
}

TEST_CASE("TLS: of several keys for a name, one is chosen that the client knows") {
    net::server_tls_material material;
    material.certificates = {made_for(wish_for("both.test", "RSA-2048"), {"both.test"}),
                             made_for(wish_for("both.test"), {"both.test"}),
                             made_for(wish_for("both.test", "ED25519"), {"both.test"})};
    const auto server = test::make_server(std::move(material));
    for (const auto* const name : {"both.test", "default.test"}) {
        CHECK(key_for(server, name, "ECDHE-RSA-AES128-GCM-SHA256") == EVP_PKEY_RSA);
        CHECK(key_for(server, name, "ECDHE-ECDSA-AES128-GCM-SHA256") == EVP_PKEY_EC);
    }
    CHECK(certificate_for(server, "both.test") == "both.test");
}

TEST_CASE("TLS: what cannot be used is named") {
    std::string why_not;
    auto material = test::server_material();
    std::string expected;
    SECTION("ciphers") {
        material.ciphers = "NO-SUCH-CIPHER";
        expected = "ciphers: ";
    }
    SECTION("groups") {
        material.groups = "no-such-group";
        expected = "groups: ";
    }
    SECTION("a key of another certificate") {
        material.certificates[0].key_pem =
            core::secret_string(test::known_certificates::get().client.key_pem);
        expected = "private key: ";
    }
    SECTION("a certificate that is none") {
        material.certificates[0].chain_pem = "nonsense";
        expected = "certificate: ";
    }
    SECTION("a CA bundle without a certificate") {
        material.client_auth = config::client_auth::required;
        material.client_ca_pem = "nonsense";
        expected = "CA bundle: ";
    }
    SECTION("no CA bundle") {
        material.client_auth = config::client_auth::optional;
        expected = "client_auth without a CA bundle";
    }
    SECTION("a ticket key of another size") {
        material.ticket_keys.emplace_back(std::string(48, 'k'));
        expected = "a ticket key is not 80 bytes long";
    }
    SECTION("no certificate") {
        material.certificates.clear();
        expected = "no certificate";
    }
    CHECK_FALSE(net::make_server_tls(std::make_shared<const net::server_tls_material>(material), why_not));
    INFO(why_not);
    CHECK(why_not.starts_with(expected));
    CHECK(ERR_peek_error() == 0);
}

TEST_CASE("TLS: a bundle may be full, and clients are told its names as long as they fit into a message") {
    const std::size_t count = GENERATE(std::size_t{1}, std::size_t{2}, net::most_authorities);
    auto material = several();
    material.client_auth = config::client_auth::optional;
    const auto one = make_ca(std::string(60, 'a'));
    for (std::size_t i = 0; i < count; ++i) material.client_ca_pem += one.pem;
    std::string why_not;
    const auto made =
        net::make_server_tls(std::make_shared<const net::server_tls_material>(material), why_not);
    INFO(why_not);
    REQUIRE(made);
    test::tls_pair tls;
    CHECK(tls.accept(*made, test::trusting_peer(), "a.test") == handshake_result::ok);
    const bool is_told = sk_X509_NAME_num(SSL_get0_peer_CA_list(tls.peer->ssl())) > 0;
    CHECK(is_told == (count <= 2));
}

TEST_CASE("TLS: groups and ciphers are those that are asked for") {
    auto material = test::server_material();
    material.groups = "P-384";
    material.ciphers = "ECDHE-ECDSA-CHACHA20-POLY1305";
    test::tls_pair tls;
    auto context = test::trusting_peer();
    SSL_CTX_set_max_proto_version(context.get(), TLS1_2_VERSION);
    REQUIRE(tls.accept(test::make_server(std::move(material)), std::move(context)) == handshake_result::ok);
    CHECK(tls.facts().cipher == "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256");
    CHECK(SSL_get_negotiated_group(tls.peer->ssl()) == NID_secp384r1);
}
