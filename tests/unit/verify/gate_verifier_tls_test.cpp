#include "certificates.hpp"
#include "gate_verifier_fixture.hpp"

#include <gate/client/tls.hpp>

#include <openssl/ssl.h>

using namespace gate;
using namespace std::chrono_literals;
using auth::verdict;
using core::reason;

namespace {

struct tls_fixture : gate_verifier_fixture {
    void trust(const certificate& root) {
        ca_file.emplace(root.pem);
        gate.ca_file = ca_file->path();
        tls = *client::make_tls_context(gate.ca_file);
        gate.base_url.tls = true;
    }

    static inline const certificate ca = make_ca("test CA");
    static inline const certificate other_ca = make_ca("another CA");
    std::optional<temporary_file> ca_file;
};

}  // namespace

TEST_CASE_METHOD(tls_fixture, "a certificate for the host, by name or address, is accepted") {
    trust(ca);
    for (const auto& [host, san] : {std::pair{"localhost", "DNS:localhost"}, {"127.0.0.1", "IP:127.0.0.1"}}) {
        INFO(host);
        scripted_server peer({say(good_answer())}, server_context(make_certificate(ca, san)));
        gate.base_url.host = host;
        connect_to(peer.port());
        CHECK(gate_verifier_fixture::verify().verdict == verdict::allow);
        CHECK(gate_verifier_fixture::verify().verdict == verdict::allow);
        CHECK(peer.connections() == 1);
    }
}

TEST_CASE_METHOD(tls_fixture, "rule 17: a wrong certificate is refused before the key is sent") {
    struct row {
        const char* what;
        certificate own;
        const char* host;
    };
    const row rows[] = {
        {"another name", make_certificate(ca, "DNS:gate.example"), "localhost"},
        {"a name where an address is asked for", make_certificate(ca, "DNS:127.0.0.1"), "127.0.0.1"},
        {"another address", make_certificate(ca, "IP:127.0.0.2"), "127.0.0.1"},
        {"a part of the name", make_certificate(ca, "DNS:local*"), "localhost"},
        {"unknown CA", make_certificate(other_ca, "DNS:localhost"), "localhost"},
        {"expired", make_certificate(ca, "DNS:localhost", -60), "localhost"},
        {"self-signed", other_ca, "localhost"},
    };
    trust(ca);
    for (const auto& each : rows) {
        INFO(each.what);
        scripted_server peer({say(good_answer())}, server_context(each.own));
        gate.base_url.host = each.host;
        connect_to(peer.port());
        const auto got = gate_verifier_fixture::verify();
        CHECK(got.verdict == verdict::unavailable);
        CHECK(got.reason == reason::gate_unreachable);
        CHECK_FALSE(got.detail.empty());
        CHECK(peer.requests().empty());
    }
}

TEST_CASE_METHOD(tls_fixture, "TLS before 1.2 is refused") {
    trust(ca);
    const auto old = server_context(make_certificate(ca, "DNS:localhost"));
    SSL_CTX_set_min_proto_version(old->native_handle(), TLS1_VERSION);
    SSL_CTX_set_max_proto_version(old->native_handle(), TLS1_1_VERSION);
    SSL_CTX_set_cipher_list(old->native_handle(), "ALL:@SECLEVEL=0");
    scripted_server peer({say(good_answer())}, old);
    gate.base_url.host = "localhost";
    connect_to(peer.port());
    CHECK(gate_verifier_fixture::verify().reason == reason::gate_unreachable);
    CHECK(peer.requests().empty());
}

TEST_CASE_METHOD(tls_fixture, "a Gate that speaks no TLS is unreachable") {
    trust(ca);
    scripted_server peer({say_and_close(good_answer())});
    gate.base_url.host = "localhost";
    connect_to(peer.port());
    CHECK(gate_verifier_fixture::verify(100ms).verdict == verdict::unavailable);
}

TEST_CASE_METHOD(tls_fixture, "an answer over TLS that is cut off is no answer") {
    trust(ca);
    const std::string body = R"({"data": {"valid": true, "gate_account_id": "gacct_1"}})";
    scripted_server peer({say_and_close("HTTP/1.1 200 OK\r\n\r\n" + body)},
                         server_context(make_certificate(ca, "DNS:localhost")));
    gate.base_url.host = "localhost";
    connect_to(peer.port());
    // Without close_notify nobody can tell the end of the body from an attack on it.
    CHECK(gate_verifier_fixture::verify().verdict == verdict::unavailable);
}

TEST_CASE_METHOD(gate_verifier_fixture, "rule 17: https without a TLS context is a mistake, never plain") {
    gate.base_url.tls = true;
    CHECK_THROWS_AS(connect_to(1), std::invalid_argument);
}
