// TLS to a process of our own, which is known by its certificate alone.
#include "certificates.hpp"
#include "http_client_fixture.hpp"

#include <gate/client/pinned_tls.hpp>
#include <gate/core/hex.hpp>

#include <openssl/evp.h>

#include <array>
#include <span>

using namespace gate;
using client::failure;
using client::pinned_tls;

namespace {

std::string sha256_of(const certificate& own) {
    const auto der = der_of(own);
    std::array<unsigned char, 32> bytes{};
    unsigned size = 0;
    EVP_Digest(der.data(), der.size(), bytes.data(), &size, EVP_sha256(), nullptr);
    std::string out(64, '\0');
    core::write_hex(std::span(bytes), out.data());
    return out;
}

struct pinned_fixture : http_client_fixture {
    std::shared_ptr<pinned_tls> pins;

    void know(std::optional<std::vector<std::string>> sha256) {
        pins = *pinned_tls::make(std::move(sha256));
        tls = pinned_tls::context_of(pins);
        peer_url.tls = true;
        peer_url.host = "127.0.0.1";
    }
};

}  // namespace

TEST_CASE_METHOD(pinned_fixture, "a known certificate will do, whatever its name, its signer and its date") {
    const auto own = make_self_signed("P-256", "DNS:somewhere.else", -60);
    know(std::vector{std::string(64, '0'), sha256_of(own)});
    scripted_server peer({say(response(200, "it is us"))}, server_context(own));
    connect_to(peer.port());
    CHECK(call().answer.body == "it is us");
    CHECK(pins->refused().empty());
}

TEST_CASE_METHOD(pinned_fixture,
                 "nothing is sent to a process with another certificate, and its digest is told") {
    const auto own = make_self_signed("P-256", "IP:127.0.0.1"),
               other = make_self_signed("P-256", "IP:127.0.0.1");
    know(std::vector{sha256_of(own)});
    scripted_server peer({say(response(200, ""))}, server_context(other));
    connect_to(peer.port());
    const auto got = call();
    CHECK(got.problem.kind == failure::unreachable);
    CHECK(got.times_sent == 0);
    CHECK(peer.requests().empty());
    CHECK(pins->refused() == sha256_of(other));
}

TEST_CASE_METHOD(pinned_fixture, "a list without certificates lets none in") {
    know(std::vector<std::string>());
    scripted_server peer({say(response(200, ""))}, server_context(make_self_signed("P-256", "IP:127.0.0.1")));
    connect_to(peer.port());
    CHECK(call().times_sent == 0);
}

TEST_CASE_METHOD(pinned_fixture, "without pins any certificate will do") {
    know(std::nullopt);
    scripted_server peer({say(response(200, "ready"))}, server_context(make_self_signed("RSA-2048", "")));
    connect_to(peer.port());
    CHECK(call().answer.body == "ready");
}
