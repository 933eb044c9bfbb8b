#include "logged_lines.hpp"

#include <gate/app/proxy_header_notes.hpp>

#include <catch.hpp>

using namespace gate;
using namespace std::chrono_literals;
using outcome = telemetry::proxy_header_outcome;

namespace {

struct fixture {
    std::uint64_t count(outcome how) const {
        return metrics.proxy_headers[1][telemetry::index_of(how)].value();
    }

    logged_lines log;
    telemetry::worker_metrics metrics{2};
    app::proxy_header_notes subject{metrics, log.events, 1, "balancer"};
    const net::remote peer{.address = boost::asio::ip::make_address("192.0.2.1")};
    const core::time_point start{1h};
};

}  // namespace

TEST_CASE_METHOD(fixture,
                 "connections without a PROXY header are counted, and the log tells of them now and then") {
    subject.note(outcome::untrusted, peer, start);
    subject.note(outcome::untrusted, peer, start + 1s);
    subject.note(outcome::untrusted, peer, start + 9s);
    CHECK(log.count("not in proxy_protocol_from") == 1);
    CHECK(log.count("192.0.2.1") == 1);
    subject.note(outcome::untrusted, peer, start + 10s);
    CHECK(log.count("not in proxy_protocol_from") == 2);
    CHECK(log.count("connections_not_logged=2") == 1);
    CHECK(count(outcome::untrusted) == 4);
}

TEST_CASE_METHOD(fixture, "each cause has lines of its own") {
    subject.note(outcome::untrusted, peer, start);
    subject.note(outcome::error, peer, start);
    subject.note(outcome::timeout, peer, start);
    CHECK(log.count("listener=\"balancer\"") == 3);
    CHECK(log.count("does not begin with a valid PROXY header") == 1);
    CHECK(log.count("did not come in time") == 1);
}

TEST_CASE_METHOD(fixture, "what is no fault of the peer is counted without a line") {
    subject.note(outcome::ok, peer, start);
    subject.note(outcome::refused, peer, start);
    subject.note_silent_end();
    CHECK(log.text().empty());
    CHECK(count(outcome::ok) == 1);
    CHECK(count(outcome::refused) == 1);
    CHECK(count(outcome::error) == 1);
}
