// Clients that come again.
#include "tls_pair.hpp"

#include <catch.hpp>
#include <string>

using namespace gate;
using config::client_auth;
using net::handshake_result;

namespace {

// The contexts of a client live as long as the sessions that they have been given.
struct returning_client {
    const certificate* own = nullptr;
    int version = TLS1_3_VERSION;
    test::ssl_session session{};

    // Whether the session has been resumed; keeps the latest. Nothing: there was no connection.
    std::optional<bool> visit(const std::shared_ptr<net::server_tls>& server,
                              net::tls_facts* facts = nullptr) {
        test::tls_pair tls;
        auto context = test::trusting_peer();
        SSL_CTX_set_max_proto_version(context.get(), version);
        if (own != nullptr) test::show_certificate(context.get(), own->pem, own->key_pem);
        const auto result = tls.accept(server, std::move(context), "app.test", session.get());
        if (result != handshake_result::ok) return {};
        tls.write_all("x");
        tls.run_until([&] { return tls.peer->received() == "x"; });  // a ticket has come before it
        session = tls.peer->session();
        if (facts != nullptr) *facts = tls.facts();
        CHECK(tls.facts().resumed == (SSL_session_reused(tls.peer->ssl()) != 0));
        return tls.facts().resumed;
    }
};

net::server_tls_material asking(client_auth how, const std::string& ca_pem) {
    auto out = test::server_material();
    out.client_auth = how;
    out.client_ca_pem = ca_pem;
    return out;
}

core::secret_string ticket_key(char fill) {
    return core::secret_string(std::string(80, fill));
}

net::server_tls_material with_keys(std::string_view fills) {
    auto out = test::server_material();
    for (const char fill : fills) out.ticket_keys.push_back(ticket_key(fill));
    return out;
}

}  // namespace

TEST_CASE("TLS: a session is resumed at another worker, and after a swap of the certificate") {
    returning_client client;
    client.version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
    CHECK(client.visit(test::make_server(test::server_material())) == false);
    CHECK(client.visit(test::make_server(test::server_material())) == true);
    auto swapped = test::server_material();
    swapped.certificates[0] =
        test::as_material(make_certificate(test::known_certificates::get().ca, "DNS:app.test"), {"app.test"});
    CHECK(client.visit(test::make_server(std::move(swapped))) == true);
}

TEST_CASE("TLS: a session does not open a listener that asks for more (CVE-2025-23419)") {
    const auto& known = test::known_certificates::get();
    const auto other_ca = make_ca("another authority");
    returning_client client;
    client.version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
    SECTION("a certificate is required now") {
        CHECK(client.visit(test::make_server(test::server_material())) == false);
        CHECK_FALSE(client.visit(test::make_server(asking(client_auth::required, known.ca.pem))).has_value());
    }
    SECTION("a certificate was optional") {
        CHECK(client.visit(test::make_server(asking(client_auth::optional, known.ca.pem))) == false);
        CHECK_FALSE(client.visit(test::make_server(asking(client_auth::required, known.ca.pem))).has_value());
    }
    SECTION("a certificate was optional, and has been shown") {
        client.own = &known.client;
        CHECK(client.visit(test::make_server(asking(client_auth::optional, known.ca.pem))) == false);
        CHECK(client.visit(test::make_server(asking(client_auth::required, known.ca.pem))) == false);
    }
    SECTION("the authority is another one") {
        client.own = &known.client;
        CHECK(client.visit(test::make_server(asking(client_auth::required, known.ca.pem))) == false);
        CHECK_FALSE(client.visit(test::make_server(asking(client_auth::required, other_ca.pem))).has_value());
    }
    SECTION("the authority has company") {
        client.own = &known.client;
        CHECK(client.visit(test::make_server(asking(client_auth::required, known.ca.pem))) == false);
        CHECK(client.visit(test::make_server(asking(client_auth::required, known.ca.pem + other_ca.pem))) ==
              false);
    }
}

TEST_CASE("TLS: a client's certificate is known and verified in a resumed session too") {
    const auto& known = test::known_certificates::get();
    returning_client client;
    client.version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
    client.own = &known.client;
    const auto server = test::make_server(asking(client_auth::required, known.ca.pem));
    net::tls_facts first;
    net::tls_facts second;
    CHECK(client.visit(server, &first) == false);
    CHECK(client.visit(server, &second) == true);
    CHECK(second.has_client_certificate);
    CHECK(second.client_sha256 == first.client_sha256);
    CHECK(second.client_uris == first.client_uris);
}

TEST_CASE(
    "TLS: where a session is not enough to verify a client's certificate, the handshake is a full one") {
    const auto& known = test::known_certificates::get();
    certificate_wish wish;
    wish.is_ca = true;
    wish.common_name = "intermediate";
    const auto intermediate = make_certificate(known.ca, wish);
    auto own = make_certificate(intermediate, "DNS:caller.test");
    own.pem += intermediate.pem;
    returning_client client;
    client.version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
    client.own = &own;
    const auto server = test::make_server(asking(client_auth::required, known.ca.pem));
    CHECK(client.visit(server) == false);
    CHECK(client.visit(server) == false);
}

TEST_CASE("TLS: keys for tickets that are given are shared by all who have them") {
    returning_client client;
    client.version = GENERATE(TLS1_2_VERSION, TLS1_3_VERSION);
    CHECK(client.visit(test::make_server(with_keys("a"))) == false);
    CHECK(client.visit(test::make_server(with_keys("ba"))) == true);  // a new key in front
    CHECK(client.visit(test::make_server(with_keys("b"))) == true);   // and the ticket was renewed
    CHECK(client.visit(test::make_server(with_keys("c"))) == false);
    CHECK(client.visit(test::make_server(test::server_material())) == false);
}
