#include "certificates.hpp"
#include "http_client_fixture.hpp"

#include <gate/client/tls.hpp>

using namespace gate;
using namespace std::chrono_literals;
using client::failure;

namespace {

struct https_fixture : http_client_fixture {
    https_fixture() {
        tls = trusting(ca);
        peer_url.tls = true;
        peer_url.host = "localhost";
    }
    static std::shared_ptr<boost::asio::ssl::context> trusting(const certificate& root) {
        const temporary_file file(root.pem);
        return *client::make_tls_context(file.path());
    }

    static inline const certificate ca = make_ca("test CA");
};

}  // namespace

TEST_CASE_METHOD(https_fixture, "a call over TLS is answered, and its connection used again") {
    scripted_server peer({say(response(200, "secret"))},
                         server_context(make_certificate(ca, "DNS:localhost")));
    connect_to(peer.port());
    CHECK(call().answer.body == "secret");
    CHECK(call().answer.body == "secret");
    CHECK(peer.connections() == 1);
}

TEST_CASE_METHOD(https_fixture, "rule 17: nothing is sent to a server whose certificate is wrong") {
    struct row {
        const char* name;
        certificate own;
    };
    const row rows[] = {
        {"another name", make_certificate(ca, "DNS:gate.example")},
        {"a part of the name", make_certificate(ca, "DNS:local*")},
        {"an unknown authority", make_certificate(make_ca("another CA"), "DNS:localhost")},
        {"expired", make_certificate(ca, "DNS:localhost", -60)},
    };
    for (const auto& each : rows) {
        INFO(each.name);
        scripted_server peer({say(response(200, ""))}, server_context(each.own));
        connect_to(peer.port());
        const auto got = call();
        CHECK(got.problem.kind == failure::unreachable);
        CHECK_FALSE(got.problem.detail.empty());
        CHECK(got.times_sent == 0);
        CHECK(peer.requests().empty());
    }
}

TEST_CASE_METHOD(https_fixture, "rule 17: an address is matched against the addresses of a certificate") {
    peer_url.host = "127.0.0.1";
    for (const auto& [san, is_accepted] :
         {std::pair{"IP:127.0.0.1", true}, {"IP:127.0.0.2", false}, {"DNS:127.0.0.1", false}}) {
        INFO(san);
        scripted_server peer({say(response(200, ""))}, server_context(make_certificate(ca, san)));
        connect_to(peer.port());
        CHECK((call().problem.kind == failure::none) == is_accepted);
    }
}

TEST_CASE_METHOD(https_fixture,
                 "a server that never finishes its handshake costs no more than the deadline") {
    core::tcp_acceptor silent(context.get_executor(), {core::asio::ip::address_v4::loopback(), 0});
    peer_url.host = "127.0.0.1";
    connect_to(silent.local_endpoint().port());
    CHECK(call(50ms).problem.kind == failure::timed_out);
}

TEST_CASE_METHOD(https_fixture, "an answer over TLS that is cut off without notice is no answer") {
    scripted_server peer({say_and_close("HTTP/1.1 200 OK\r\n\r\nbody")},
                         server_context(make_certificate(ca, "DNS:localhost")));
    connect_to(peer.port());
    CHECK(call().problem.kind == failure::unreachable);
}

TEST_CASE_METHOD(https_fixture, "rule 17: a connection under the authorities of before is not used again") {
    scripted_server peer({say(response(200, ""))}, server_context(make_certificate(ca, "DNS:localhost")));
    connect_to(peer.port());
    call();
    subject->use(tls);
    CHECK(subject->idle_connections() == 1);
    subject->use(trusting(make_ca("another CA")));
    CHECK(subject->idle_connections() == 0);
    CHECK(call().problem.kind == failure::unreachable);
}

TEST_CASE_METHOD(https_fixture, "rule 17: https without a TLS context is a mistake, never plain") {
    tls = nullptr;
    CHECK_THROWS_AS(connect_to(1), std::invalid_argument);
}

TEST_CASE("rule 17: a file of authorities that cannot be read, or holds none, is an error") {
    CHECK(client::make_tls_context("/nonexistent/ca.pem").has_error());
    const temporary_file empty("");
    CHECK(client::make_tls_context(empty.path()).has_error());
    CHECK(client::make_tls_context("").has_value());
}
