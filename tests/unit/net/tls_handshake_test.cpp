// Handshakes that come to nothing.
#include "tls_pair.hpp"

#include <array>
#include <catch.hpp>
#include <string>

using namespace gate;
using namespace std::chrono_literals;
using net::handshake_result;

namespace {

struct server_alone {
    test::loop on;
    test::connection pair{on};
    std::optional<handshake_result> result;

    explicit server_alone(core::time_point until = core::clock::now() + 5s) {
        core::spawn(test::run_accept(*pair.ours, test::make_server(test::server_material()), until, result));
        on.context.poll();
        on.context.restart();
    }
    handshake_result wait() {
        on.run_until([&] { return result.has_value(); });
        return *result;
    }
};

// The first flight of a client.
std::string client_hello() {
    test::loop on;
    test::connection pair(on);
    const auto context = test::trusting_peer();
    test::tls_peer peer(context.get(), test::tls_peer::role::client, pair.peer);
    peer.segment = 0;
    peer.work();
    return peer.to_wire;
}

handshake_result accept_with_protocols(test::tls_pair& tls, std::string_view protocols) {
    auto context = test::trusting_peer();
    if (!protocols.empty()) {
        const auto* const bytes = reinterpret_cast<const unsigned char*>(protocols.data());
        SSL_CTX_set_alpn_protos(context.get(), bytes, static_cast<unsigned>(protocols.size()));
    }
    return tls.accept(test::make_server(test::server_material()), std::move(context));
}

}  // namespace

TEST_CASE("TLS: what is no ClientHello ends the handshake") {
    const std::string_view sent =
        GENERATE("GET / HTTP/1.1\r\nHost: app.test\r\n\r\n", "\x16\x03\x01\xff\xff garbage",
                 "\x80\x2e\x01\x03\x01 of SSL 2", "PROXY TCP4 1.2.3.4 1.2.3.4 1 1\r\n");
    INFO(sent);
    server_alone server;
    server.pair.send(sent);
    server.pair.peer.shutdown(core::tcp_socket::shutdown_send);
    CHECK(server.wait() == handshake_result::failed);
    CHECK_FALSE(net::has_said_hello(*server.pair.ours));
    CHECK(net::facts_of(*server.pair.ours) == nullptr);
}

TEST_CASE("TLS: a client that leaves during the handshake ends it") {
    server_alone server;
    const bool by_reset = GENERATE(false, true);
    server.pair.send(client_hello().substr(0, 40));
    if (by_reset) {
        server.pair.reset();
    } else {
        server.pair.peer.close();
    }
    CHECK(server.wait() == handshake_result::failed);
}

TEST_CASE("TLS: it shows when a whole ClientHello has come") {
    server_alone server(core::clock::now() + 300ms);
    const auto hello = client_hello();
    const bool is_whole = GENERATE(false, true);
    CAPTURE(is_whole);
    server.pair.send(std::string_view(hello).substr(0, hello.size() - (is_whole ? 0 : 1)));
    if (is_whole) {
        server.on.run_until([&] { return net::has_said_hello(*server.pair.ours); });
    }
    CHECK(server.wait() == handshake_result::timed_out);
    CHECK(net::has_said_hello(*server.pair.ours) == is_whole);
    CHECK(net::has_begun_handshake(*server.pair.ours));
}

TEST_CASE("TLS: a handshake that is cut ends immediately") {
    server_alone server;
    server.pair.ours->cut();
    CHECK(server.wait() == handshake_result::cut);
    CHECK_FALSE(net::has_begun_handshake(*server.pair.ours));
}

TEST_CASE("TLS: http/1.1 is the only protocol that a client can get") {
    test::tls_pair tls;
    SECTION("it asks for none") {
        CHECK(accept_with_protocols(tls, "") == handshake_result::ok);
        CHECK(tls.facts().alpn.empty());
    }
    SECTION("it asks for HTTP/2 first") {
        CHECK(accept_with_protocols(tls, "\x02h2\x08http/1.1") == handshake_result::ok);
        CHECK(tls.facts().alpn == "http/1.1");
    }
    SECTION("it asks for others alone") {
        CHECK(accept_with_protocols(tls, "\x02h2\x08http/1.0") == handshake_result::failed);
        tls.run_until([&] { return tls.peer->has_failed(); });
        CHECK(tls.peer->failure().find("no application protocol") != std::string::npos);
    }
}

TEST_CASE("TLS: a server that chooses a protocol which nobody offered is left") {
    test::tls_pair tls;
    auto context = test::known_server_peer();
    SSL_CTX_set_alpn_select_cb(
        context.get(),
        [](SSL*, const unsigned char** out, unsigned char* size, const unsigned char*, unsigned, void*) {
            *out = reinterpret_cast<const unsigned char*>("h2");
            *size = 2;
            return SSL_TLSEXT_ERR_OK;
        },
        nullptr);
    CHECK(tls.connect(test::trusting_client(), std::move(context)) == handshake_result::failed);
}

TEST_CASE("TLS: versions before 1.2 are refused, and 1.2 where it is not wanted") {
    test::tls_pair tls;
    auto material = test::server_material();
    auto context = test::trusting_peer();
    SSL_CTX_set_security_level(context.get(), 0);
    SECTION("1.1") {
        SSL_CTX_set_min_proto_version(context.get(), TLS1_VERSION);
        SSL_CTX_set_max_proto_version(context.get(), TLS1_1_VERSION);
    }
    SECTION("1.2 with min_version 1.3") {
        material.min_version = config::tls_version::tls13;
        SSL_CTX_set_max_proto_version(context.get(), TLS1_2_VERSION);
    }
    CHECK(tls.accept(test::make_server(std::move(material)), std::move(context)) == handshake_result::failed);
    tls.run_until([&] { return tls.peer->has_failed(); });
    CHECK(tls.peer->failure().find("protocol version") != std::string::npos);
}

TEST_CASE("TLS 1.2: only suites with forward secrecy and authenticated encryption") {
    test::tls_pair tls;
    auto context = test::trusting_peer();
    SSL_CTX_set_max_proto_version(context.get(), TLS1_2_VERSION);
    const auto* const offered = GENERATE("ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-SHA256");
    REQUIRE(SSL_CTX_set_cipher_list(context.get(), offered) == 1);
    const bool is_good = std::string_view(offered).find("GCM") != std::string_view::npos;
    CHECK(tls.accept(test::make_server(test::server_material()), std::move(context)) ==
          (is_good ? handshake_result::ok : handshake_result::failed));
    if (is_good) CHECK(tls.facts().cipher == "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256");
}
