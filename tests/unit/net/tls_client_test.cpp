// Servers that we are the client of.
#include "tls_contexts.hpp"
#include "tls_pair.hpp"

#include <catch.hpp>
#include <string>

using namespace gate;
using net::handshake_result;

namespace {

const test::known_certificates& known() {
    return test::known_certificates::get();
}

test::ssl_context server_of(const certificate& own) {
    return test::make_server_context(own.pem, own.key_pem);
}

handshake_result connect_to(const certificate& own, const std::string& name) {
    test::tls_pair tls;
    return tls.connect(test::trusting_client(), server_of(own), name);
}

// The sessions' server must know its own tickets.
struct one_server {
    test::ssl_context context;
    std::shared_ptr<net::client_tls> client = test::trusting_client();

    explicit one_server(int version = TLS1_3_VERSION) : context(test::known_server_peer()) {
        SSL_CTX_set_max_proto_version(context.get(), version);
        const unsigned char id = 1;
        SSL_CTX_set_session_id_context(context.get(), &id, 1);
    }
    // Whether the session was resumed.
    bool visit(const std::string& name = "app.test") {
        test::tls_pair tls;
        SSL_CTX_up_ref(context.get());
        REQUIRE(tls.connect(client, test::ssl_context(context.get()), name) == handshake_result::ok);
        tls.run_until([&] { return tls.peer->is_done(); });
        tls.peer->send("x");
        REQUIRE(tls.read_all(1) == "x");
        return tls.facts().resumed;
    }
};

}  // namespace

TEST_CASE("TLS: a server is trusted for its names, and its addresses") {
    CHECK(connect_to(known().server, "app.test") == handshake_result::ok);
    CHECK(connect_to(known().server, "APP.test.") == handshake_result::ok);
    CHECK(connect_to(known().server, "127.0.0.1") == handshake_result::ok);
    CHECK(connect_to(known().server, "other.test") == handshake_result::misnamed);
    CHECK(connect_to(known().server, "127.0.0.2") == handshake_result::misnamed);
    CHECK(connect_to(make_certificate(known().ca, "IP:::1"), "[::1]") == handshake_result::ok);
    CHECK(connect_to(make_certificate(known().ca, "DNS:*.app.test"), "a.app.test") == handshake_result::ok);
    CHECK(connect_to(make_certificate(known().ca, "DNS:*.app.test"), "a.b.app.test") ==
          handshake_result::misnamed);
    CHECK(connect_to(known().server, "") == handshake_result::misnamed);
    CHECK(connect_to(known().server, "no name") == handshake_result::misnamed);
}

TEST_CASE("TLS: a common name is no name of a server") {
    certificate_wish wish;
    wish.common_name = "app.test";
    CHECK(connect_to(make_certificate(known().ca, wish), "app.test") == handshake_result::misnamed);
}

TEST_CASE("TLS: a server is not trusted") {
    SECTION("whose authority is unknown") {
        CHECK(connect_to(make_certificate(make_ca("authority of the tests"), "DNS:app.test"), "app.test") ==
              handshake_result::untrusted);
    }
    SECTION("whose certificate has expired") {
        CHECK(connect_to(make_certificate(known().ca, "DNS:app.test", -10), "app.test") ==
              handshake_result::untrusted);
    }
    SECTION("by default") {
        test::tls_pair tls;
        CHECK(tls.connect(test::make_client({}), test::known_server_peer()) == handshake_result::untrusted);
        tls.run_until([&] { return tls.peer->has_failed(); });
        CHECK(tls.peer->failure().find("unknown ca") != std::string::npos);
    }
}

TEST_CASE("TLS: what is no server of TLS fails") {
    test::loop on;
    test::connection pair(on);
    std::optional<handshake_result> result;
    core::spawn(test::run_connect(*pair.ours, test::trusting_client(), "app.test",
                                  core::clock::now() + std::chrono::seconds(5), result));
    pair.send("HTTP/1.1 400 Bad Request\r\n\r\n");
    on.run_until([&] { return result.has_value(); });
    CHECK(result == handshake_result::failed);
}

TEST_CASE("TLS: an address is no server name") {
    const auto* const name = GENERATE("127.0.0.1", "app.test");
    test::tls_pair tls;
    REQUIRE(tls.connect(test::trusting_client(), test::known_server_peer(), name) == handshake_result::ok);
    const char* const sent = SSL_get_servername(tls.peer->ssl(), TLSEXT_NAMETYPE_host_name);
    CHECK((sent == nullptr) == (std::string_view(name) == "127.0.0.1"));
}

TEST_CASE("TLS: a server is shown our certificate") {
    net::client_tls_material material;
    material.ca_pem = known().ca.pem;
    material.own = test::as_material(known().client, {"caller.test"});
    auto context = test::known_server_peer();
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
                       [](int, X509_STORE_CTX*) { return 1; });
    test::tls_pair tls;
    REQUIRE(tls.connect(test::make_client(std::move(material)), std::move(context)) == handshake_result::ok);
    tls.run_until([&] { return tls.peer->is_done(); });
    CHECK(SSL_get0_peer_certificate(tls.peer->ssl()) != nullptr);
}

TEST_CASE("TLS: sessions with a server are resumed, each of its names for itself") {
    one_server server(GENERATE(TLS1_2_VERSION, TLS1_3_VERSION));
    CHECK_FALSE(server.visit());
    CHECK(server.visit());
    CHECK(server.visit());
    CHECK_FALSE(server.visit("127.0.0.1"));
    server.client = test::trusting_client();  // its sessions go with it
    CHECK_FALSE(server.visit());
}

TEST_CASE("TLS: no session outlives the certificate that it was made with") {
    one_server server(GENERATE(TLS1_2_VERSION, TLS1_3_VERSION));
    CHECK_FALSE(server.visit());
    auto& sessions = server.client->sessions();
    REQUIRE(sessions.size() > 0);
    const auto now = std::time(nullptr);
    const bool is_resumed = GENERATE(false, true);
    if (is_resumed) CHECK(server.visit());  // what comes of a resumed session ends with the first
    CHECK(sessions.take("app.test", now).end <= now + 3600);
    CHECK(sessions.take("app.test", now + 4000).session == nullptr);
}

TEST_CASE("TLS: the sessions that are kept are bounded") {
    net::client_sessions sessions;
    const auto session = [] {
        return net::client_sessions::entry{net::ssl_session_pointer(SSL_SESSION_new()), INT64_MAX};
    };
    for (int name = 0; name < 100; ++name) {
        for (int i = 0; i < 100; ++i) sessions.put(std::to_string(name), session());
    }
    CHECK(sessions.size() <= net::client_sessions::most_names * net::client_sessions::most_of_a_name);
}
