#include "tls_pair.hpp"

#include <catch.hpp>

using namespace gate;
using net::handshake_result;

TEST_CASE("a server and a client agree on TLS 1.3 and exchange data") {
    test::tls_pair tls;
    SECTION("as a server") {
        REQUIRE(tls.accept(test::make_server(test::server_material()), test::trusting_peer()) ==
                handshake_result::ok);
        CHECK(tls.facts().server_name == "app.test");
    }
    SECTION("as a client") {
        REQUIRE(tls.connect(test::trusting_client(), test::known_server_peer()) == handshake_result::ok);
    }
    CHECK(tls.facts().version == "1.3");
    CHECK_FALSE(tls.facts().cipher.empty());
    tls.peer->send("hello");
    CHECK(tls.read_all(5) == "hello");
    tls.write_all("world");
    tls.run_until([&] { return tls.peer->received() == "world"; });
}
