#include <gate/proxy/tunnel.hpp>

#include <catch.hpp>
#include <loop.hpp>
#include <string>

#include <poll.h>

using namespace gate;
using namespace std::chrono_literals;
using namespace std::string_literals;
using proxy::close_code;

namespace {

const std::string message = "\x81\x05hello";
const std::string policy_violation = "\x88\x02\x03\xf0";
const std::string masked_close("\x88\x82\x00\x00\x00\x00\x03\xf0", 8);  // with a mask of zeros

// A WebSocket between a client and an upstream that the test plays.
struct fixture {
    test::loop on;
    net::buffer_pool blocks{4096, 2};
    test::connection client{on};
    test::connection upstream{on};
    proxy::tunnel both{blocks, on.wheel, *client.ours, *upstream.ours, {}};
    bool over = false;
    std::string to_client;
    std::string to_upstream;

    explicit fixture(const std::string& first_down = {}, const std::string& first_up = {}) {
        core::spawn(run(*this, first_down, first_up));
    }
    ~fixture() {
        client.ours->cut();
        upstream.ours->cut();
        on.run_until([this] { return over; });
    }

    static core::task<> run(fixture& it, std::string first_down, std::string first_up) {
        co_await it.both.run("HEAD", first_up, first_down);
        it.over = true;
        it.client.ours->shutdown_send();
        it.upstream.ours->shutdown_send();
    }

    bool client_has(const std::string& text) {
        to_client += client.received();
        return to_client == text;
    }
    bool upstream_has(const std::string& text) {
        to_upstream += upstream.received();
        return to_upstream == text;
    }
    // Whether the upstream has been told 1008, and nothing else: the mask is a random one.
    bool upstream_is_told() {
        to_upstream += upstream.received();
        return to_upstream.size() == 8 && to_upstream.starts_with("\x88\x82") &&
               (to_upstream[2] ^ to_upstream[6]) == '\x03' && (to_upstream[3] ^ to_upstream[7]) == '\xf0';
    }

    // Handles whatever has come, by several looks at it.
    void settle() { on.context.restart(), on.context.run_for(20ms); }
};

// Reads on; how it ends for the peer: timed_out if it does not.
core::error_code end_of(core::tcp_socket& peer) {
    core::error_code ec;
    std::string buffer(65536, ' ');
    peer.non_blocking(true);
    while (!ec) {
        pollfd waits{peer.native_handle(), POLLIN, 0};
        if (::poll(&waits, 1, 5000) == 0) return boost::asio::error::timed_out;
        peer.read_some(boost::asio::buffer(buffer), ec);
    }
    return ec;
}

}  // namespace

TEST_CASE("rule 29: nothing passes a tunnel that is stopped, and both sides are told why") {
    fixture f;
    f.client.send(message);
    f.upstream.send(message);
    f.on.run_until([&] { return f.client_has("HEAD" + message) && f.upstream_has(message); });
    f.to_client.clear();
    f.to_upstream.clear();
    f.client.send(message);  // has come, and nobody has looked
    f.upstream.send(message);
    f.both.stop(close_code::policy_violation);
    f.client.send(message);
    f.upstream.send(message);
    f.on.run_until([&] { return f.client_has(policy_violation) && f.upstream_is_told(); });
    f.settle();
    CHECK(f.client_has(policy_violation));
    CHECK(f.upstream_is_told());
    CHECK_FALSE(f.over);
    f.client.send(masked_close);
    f.on.run_until([&] { return f.over; });
    CHECK(f.both.to_downstream() == message.size());
    CHECK(f.both.to_upstream() == message.size());
}

TEST_CASE("rule 29: a side that is in the middle of a frame is cut, the other is told") {
    SECTION("the client") {
        fixture f(message.substr(0, 4));
        f.on.run_until([&] { return f.client_has("HEAD" + message.substr(0, 4)); });
        f.upstream.send(message.substr(4));
        f.both.stop(close_code::policy_violation);
        CHECK(end_of(f.client.peer) == boost::asio::error::connection_reset);
        f.on.run_until([&] { return f.upstream_is_told(); });
        CHECK_FALSE(f.over);
        f.upstream.send(policy_violation);
        f.on.run_until([&] { return f.over; });
        CHECK(f.both.to_downstream() == 4);
    }
    SECTION("the upstream") {
        fixture f({}, message.substr(0, 4));
        f.on.run_until([&] { return f.upstream_has(message.substr(0, 4)); });
        f.client.send(message.substr(4));
        f.both.stop(close_code::policy_violation);
        CHECK(end_of(f.upstream.peer) == boost::asio::error::connection_reset);
        f.on.run_until([&] { return f.client_has("HEAD" + policy_violation); });
        f.client.send(masked_close);
        f.on.run_until([&] { return f.over; });
        CHECK(f.both.to_upstream() == 4);
    }
}

TEST_CASE("rule 29: what waits to be written when a tunnel is stopped goes nowhere") {
    const std::string large = "\x82\x7f"s + std::string(5, '\0') + "\x80\0\0"s + std::string(0x800000, 'x');
    fixture f(large);
    f.settle();
    const auto before = f.both.to_downstream();
    REQUIRE(before < large.size());
    f.both.stop(close_code::policy_violation);
    CHECK(end_of(f.client.peer) == boost::asio::error::connection_reset);
    f.on.run_until([&] { return f.upstream_is_told(); });
    CHECK(f.both.to_downstream() == before);
}

TEST_CASE("rule 29: a client that has said Close gets no further message") {
    fixture f;
    f.client.send(masked_close);
    f.on.run_until([&] { return f.upstream_has(masked_close); });
    f.upstream.send(message);
    f.on.run_until([&] { return f.client_has("HEAD" + message); });
    f.upstream.send(message + message);
    f.both.stop(close_code::policy_violation);
    f.on.run_until([&] { return f.over; });
    CHECK(end_of(f.client.peer) == boost::asio::error::eof);
    CHECK(f.both.to_downstream() == message.size());
    CHECK(f.upstream_has(masked_close));
}

TEST_CASE("rule 29: a tunnel that ends in an orderly way is stopped all the same") {
    fixture f(message.substr(0, 4));
    f.on.run_until([&] { return f.client_has("HEAD" + message.substr(0, 4)); });
    f.both.end(close_code::going_away);
    f.settle();
    CHECK(f.client_has("HEAD" + message.substr(0, 4)));  // the rest of the frame may still come
    f.both.stop(close_code::policy_violation);
    f.upstream.send(message.substr(4));
    CHECK(end_of(f.client.peer) == boost::asio::error::connection_reset);
    CHECK(f.both.to_downstream() == 4);
}

TEST_CASE("rule 29: a client that does not take the upgrade is cut") {
    test::loop on;
    net::buffer_pool blocks(4096, 2);
    test::connection client(on);
    test::connection upstream(on);
    proxy::tunnel both(blocks, on.wheel, *client.ours, *upstream.ours, {});
    bool over = false;
    const std::string head(16 * 1024 * 1024, 'h');
    core::spawn([](proxy::tunnel& it, const std::string& text, bool& ended) -> core::task<> {
        co_await it.run(text, {}, {});
        ended = true;
    }(both, head, over));
    on.context.poll();
    REQUIRE_FALSE(over);
    both.stop(close_code::policy_violation);
    on.run_until([&] { return over; });
    CHECK(end_of(client.peer) == boost::asio::error::connection_reset);
}

TEST_CASE("a frame that has begun is finished before an orderly goodbye, and no more") {
    fixture f(message.substr(0, 4));
    f.on.run_until([&] { return f.client_has("HEAD" + message.substr(0, 4)); });
    f.both.end(close_code::going_away);
    f.upstream.send(message.substr(4) + message);
    const std::string goodbye = "\x88\x02\x03\xe9";
    f.on.run_until([&] { return f.client_has("HEAD" + message + goodbye); });
    f.settle();
    CHECK(f.client_has("HEAD" + message + goodbye));
    f.client.send(masked_close);
    f.on.run_until([&] { return f.over; });
}
