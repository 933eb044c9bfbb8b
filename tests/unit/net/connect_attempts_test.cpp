#include <gate/net/connect_attempts.hpp>

#include <catch.hpp>
#include <string>

using namespace gate;
using namespace std::chrono_literals;
using core::reason;
using net::connect_attempts;
using kind = connect_attempts::action::kind;

namespace {

const core::time_point start{1h};

core::stream_protocol::endpoint at(const std::string& address) {
    return core::tcp::endpoint(boost::asio::ip::make_address(address), 1);
}

// "4a 6a 4b": the order in which these are tried.
std::string order_of(const net::address_list& addresses,
                     const core::stream_protocol::endpoint* first = nullptr) {
    std::string out;
    for (const auto i : net::order_of_attempts(addresses, first)) out += std::to_string(i);
    return out;
}

void expect_begin(connect_attempts& subject, core::time_point now, std::size_t which) {
    const auto next = subject.next(now);
    REQUIRE(next.step == kind::begin);
    CHECK(next.attempt == which);
}

void expect_wait(connect_attempts& subject, core::time_point now, core::time_point until) {
    const auto next = subject.next(now);
    REQUIRE(next.step == kind::wait);
    CHECK(next.until == until);
}

}  // namespace

TEST_CASE("both families are tried by turns, beginning with that of the first address") {
    const auto v4a = at("192.0.2.1");
    const auto v4b = at("192.0.2.2");
    const auto v4c = at("192.0.2.3");
    const auto v6a = at("2001:db8::1");
    const auto v6b = at("2001:db8::2");
    CHECK(order_of({}) == "");
    CHECK(order_of({v4a}) == "0");
    CHECK(order_of({v4a, v4b, v4c}) == "012");
    CHECK(order_of({v6a, v6b, v4a, v4b, v4c}) == "02134");
    CHECK(order_of({v4a, v4b, v4c, v6a}) == "0312");
}

TEST_CASE("the one that is to be first comes before all others") {
    const auto v4a = at("192.0.2.1");
    const auto v4b = at("192.0.2.2");
    const auto v6a = at("2001:db8::1");
    const auto gone = at("192.0.2.9");
    CHECK(order_of({v6a, v4a, v4b}, &v4b) == "201");
    CHECK(order_of({v6a, v4a, v4b}, &v6a) == "012");
    CHECK(order_of({v6a, v4a, v4b}, &gone) == "012");
}

TEST_CASE("the next attempt begins after a head start of 250 ms, beside the first one") {
    connect_attempts subject(3, start + 2s);
    expect_begin(subject, start, 0);
    expect_wait(subject, start, start + 250ms);
    expect_wait(subject, start + 249ms, start + 250ms);
    expect_begin(subject, start + 250ms, 1);
    expect_wait(subject, start + 250ms, start + 500ms);
    expect_begin(subject, start + 510ms, 2);
    expect_wait(subject, start + 510ms, start + 2s);
}

TEST_CASE("a failure lets the next attempt begin immediately") {
    connect_attempts subject(3, start + 2s);
    expect_begin(subject, start, 0);
    subject.has_failed(0, reason::upstream_refused);
    expect_begin(subject, start + 1ms, 1);
    expect_wait(subject, start + 1ms, start + 251ms);
    expect_begin(subject, start + 251ms, 2);
    subject.has_failed(2, reason::upstream_refused);
    expect_wait(subject, start + 252ms, start + 2s);
}

TEST_CASE("all have failed: the most telling failure is why") {
    connect_attempts subject(2, start + 2s);
    CHECK(subject.why() == reason::upstream_unreachable);
    expect_begin(subject, start, 0);
    subject.has_failed(0, reason::upstream_refused);
    expect_begin(subject, start, 1);
    subject.has_failed(1, reason::upstream_unreachable);
    CHECK(subject.next(start).step == kind::give_up);
    CHECK(subject.why() == reason::upstream_refused);
}

TEST_CASE("the deadline ends all attempts, and no further one begins") {
    connect_attempts subject(2, start + 100ms);
    expect_begin(subject, start, 0);
    expect_wait(subject, start, start + 100ms);
    CHECK(subject.next(start + 100ms).step == kind::give_up);
    CHECK(subject.why() == reason::upstream_connect_timeout);
}

TEST_CASE("rule 24: there are never more than four attempts; the oldest one makes room") {
    connect_attempts subject(6, start + 60s);
    for (unsigned i = 0; i < 4; ++i) expect_begin(subject, start + i * 250ms, i);
    expect_wait(subject, start + 750ms, start + 1s);
    for (std::size_t i = 4; i < 6; ++i) {
        const auto now = start + 1s + (i - 4) * 250ms;
        const auto next = subject.next(now);
        REQUIRE(next.step == kind::abandon);
        CHECK(next.attempt == i - 4);
        expect_begin(subject, now, i);
    }
    expect_wait(subject, start + 10s, start + 60s);
}

TEST_CASE("no address: nothing can be tried") {
    connect_attempts subject(0, start + 1s);
    CHECK(subject.next(start).step == kind::give_up);
    CHECK(subject.why() == reason::upstream_unreachable);
}

TEST_CASE("an address is remembered for 60 s after it was connected to last") {
    const auto one = at("192.0.2.1");
    const auto other = at("192.0.2.2");
    net::recent_address subject;
    CHECK(subject.get(start) == nullptr);
    subject.remember(one, start);
    REQUIRE(subject.get(start + 59'999ms) != nullptr);
    CHECK(*subject.get(start) == one);
    CHECK(subject.get(start + 60s) == nullptr);
    subject.remember(other, start + 61s);
    REQUIRE(subject.get(start + 62s) != nullptr);
    CHECK(*subject.get(start + 62s) == other);
}
