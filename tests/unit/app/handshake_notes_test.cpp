#include "logged_lines.hpp"

#include <gate/app/handshake_notes.hpp>

#include <catch.hpp>

using namespace gate;
using namespace std::chrono_literals;
using outcome = telemetry::handshake_outcome;

namespace {

struct handshake_fixture {
    void fail(core::time_point now, outcome how = outcome::error) {
        subject.note(how, "no shared cipher", peer, std::nullopt, now);
    }

    logged_lines log;
    app::handshake_notes subject{log.events, "public"};
    const net::remote peer{.address = boost::asio::ip::make_address("192.0.2.1")};
    const core::time_point start{1h};
};

}  // namespace

TEST_CASE_METHOD(handshake_fixture, "failed handshakes are logged once in ten seconds, each kind by itself") {
    for (const auto after : {0s, 1s, 9s}) fail(start + after);
    CHECK(log.count("a TLS handshake with a client has failed") == 1);
    CHECK(log.count("no shared cipher") == 1);
    CHECK(log.count("client.address=\"192.0.2.1\"") == 1);
    fail(start + 9s, outcome::refused);
    CHECK(log.count("connections_not_logged=0") == 2);
    fail(start + 10s);
    CHECK(log.count("connections_not_logged=2") == 1);
}

TEST_CASE_METHOD(handshake_fixture, "handshakes that took too long, or went well, are not logged") {
    fail(start, outcome::timeout);
    fail(start, outcome::ok);
    CHECK(log.text().empty());
}

TEST_CASE_METHOD(handshake_fixture,
                 "the client of a failed handshake is named behind a balancer, and none of a Unix socket") {
    subject.note(outcome::error, "why", peer, boost::asio::ip::make_address("198.51.100.7"), start);
    CHECK(log.count("client.address=\"198.51.100.7\" network.peer.address=\"192.0.2.1\"") == 1);
    subject.note(outcome::refused, "why", {.is_unix = true}, std::nullopt, start);
    CHECK(log.count("client.address=\"unix\" network.peer.address=\"unix\"") == 1);
}
