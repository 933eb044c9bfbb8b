// Connections of `doctor` to peers that do not do what they should.
#include <gate/app/doctor/talk.hpp>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>

#include <atomic>
#include <catch.hpp>
#include <functional>
#include <thread>

using namespace gate;
using namespace gate::app::doctor;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

// Serves one connection.
class peer {
public:
    explicit peer(std::function<void(asio::ip::tcp::socket&)> act)
        : port(acceptor_.local_endpoint().port()), thread_([this, act = std::move(act)] {
              auto socket = acceptor_.accept();
              act(socket);
              is_over = true;
          }) {}
    ~peer() { thread_.join(); }

private:
    asio::io_context context_;
    asio::ip::tcp::acceptor acceptor_{context_, {asio::ip::address_v4::loopback(), 0}};

public:
    const std::uint16_t port;
    std::atomic<bool> is_over = false;

private:
    std::thread thread_;
};

// A record of TLS, byte for byte, for ten seconds.
void drip(asio::ip::tcp::socket& to) {
    boost::system::error_code ec;
    asio::write(to, asio::buffer("\x16\x03\x03\x40\x00", 5), ec);
    const auto end = core::clock::now() + 10s;
    while (!ec && core::clock::now() < end) {
        asio::write(to, asio::buffer("\0", 1), ec);
        std::this_thread::sleep_for(5ms);
    }
}

void say(asio::ip::tcp::socket& to, std::string_view text) {
    boost::system::error_code ec;
    asio::write(to, asio::buffer(text.data(), text.size()), ec);
}

core::time_point soon() {
    return core::clock::now() + 10s;
}

constexpr std::string_view with_interim =
    "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";

}  // namespace

TEST_CASE("a peer that sends a handshake byte for byte holds nobody beyond his time") {
    peer slow(drip);
    {
        auto over = wire::to_port("127.0.0.1", slow.port, soon());
        REQUIRE(over.is_open());
        CHECK_FALSE(over.shake_hands({.server_name = "localhost"}, core::clock::now() + 100ms));
        CHECK(over.problem() == "no answer in time");
        CHECK(over.timed_out());
        CHECK_FALSE(slow.is_over);
    }
}

TEST_CASE("a peer that says nothing, or ends, is told apart") {
    std::atomic<bool> may_end = false;
    peer silent([&](auto&) {
        while (!may_end) std::this_thread::yield();
    });
    auto over = wire::to_port("127.0.0.1", silent.port, soon());
    std::string got;
    CHECK_FALSE(over.read_more(got, core::clock::now() + 1ms));
    CHECK(over.timed_out());
    may_end = true;
    CHECK_FALSE(over.read_more(got, soon()));
    CHECK_FALSE(over.timed_out());
}

TEST_CASE("a silent address does not take the time of the others") {
    const core::time_point now{};
    CHECK(share_of(now, now + 9s, 3) == now + 3s);
    CHECK(share_of(now + 3s, now + 9s, 2) == now + 6s);
    CHECK(share_of(now + 6s, now + 9s, 1) == now + 9s);
}

TEST_CASE("interim responses are not the response") {
    peer one([](auto& to) { say(to, with_interim); });
    auto over = wire::to_port("127.0.0.1", one.port, soon());
    const auto got = ask(over, "GET / HTTP/1.1\r\n\r\n", soon());
    CHECK(got.status == 200);
    CHECK(got.body == "hi");
    CHECK_FALSE(got.field("Link"));
}

TEST_CASE("a head is waited for beyond interim ones, and 101 is none of them") {
    for (const auto& [text, status] :
         {std::pair(with_interim, 200),
          std::pair(std::string_view("HTTP/1.1 101 Switching Protocols\r\nUpgrade: a\r\n\r\n"), 101)}) {
        peer one([text = text](auto& to) { say(to, text); });
        auto over = wire::to_port("127.0.0.1", one.port, soon());
        heard got;
        CHECK(wait_for_head(over, got.raw, soon()));
        read_head(got);
        CHECK(got.status == status);
    }
}

TEST_CASE("why nothing has come is said") {
    std::uint16_t port = 0;
    {
        asio::io_context context;
        asio::ip::tcp::acceptor gone(context, {asio::ip::address_v4::loopback(), 0});
        port = gone.local_endpoint().port();
    }
    auto over = wire::to_port("127.0.0.1", port, soon());
    CHECK(ask(over, "GET / HTTP/1.1\r\n\r\n", soon()).problem == "Connection refused");
}
