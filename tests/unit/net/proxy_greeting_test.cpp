#include <gate/net/proxy_greeting.hpp>

#include <catch.hpp>
#include <loop.hpp>
#include <optional>
#include <string>

using namespace gate;
using namespace std::chrono_literals;
using state = net::proxy_header::state;

namespace {

const std::string header = "PROXY TCP4 192.0.2.7 198.51.100.1 4711 443\r\n";

struct fixture : test::loop {
    test::connection on{*this};
    std::optional<net::proxy_header> got;

    void receive(core::time_point until = core::never) { core::spawn(run(*on.ours, until, got)); }
    static core::task<> run(net::stream& from, core::time_point until,
                            std::optional<net::proxy_header>& out) {
        out = co_await net::receive_proxy_header(from, until);
    }
    void send(std::string_view text) { boost::asio::write(on.peer, boost::asio::buffer(text)); }
    void until_over() {
        run_until([this] { return got.has_value(); });
    }
    std::string next() {
        std::string out(100, '\0');
        const auto read = on.ours->try_read(out);
        out.resize(read.bytes);
        return out;
    }
};

}  // namespace

TEST_CASE_METHOD(fixture, "what follows the header stays where it is") {
    send(header + "GET /");
    receive();
    until_over();
    CHECK(got->outcome == state::complete);
    CHECK(got->client->address() == boost::asio::ip::make_address("192.0.2.7"));
    CHECK(on.ours->may_have_more());
    CHECK(next() == "GET /");
}

TEST_CASE_METHOD(fixture, "a header comes in any number of pieces") {
    const auto size = GENERATE(1U, 2U, 7U, 43U);
    receive();
    for (std::size_t at = 0; at < header.size(); at += size) {
        CHECK_FALSE(got.has_value());
        send(std::string_view(header).substr(at, size));
        context.restart();
        context.run_for(1ms);
    }
    until_over();
    CHECK(got->outcome == state::complete);
    send("next");
    run_until([this] { return on.ours->peek().has_data; });
    CHECK(next() == "next");
}

TEST_CASE_METHOD(fixture, "an end, a time-out, a cut and nonsense are broken headers") {
    const std::string how = GENERATE("end", "time-out", "cut", "nonsense");
    INFO(how);
    send(how == "nonsense" ? "GET / HTTP/1.1\r\n" : header.substr(0, 20));
    receive(how == "time-out" ? core::clock::now() + 20ms : core::never);
    if (how == "end") on.peer.shutdown(core::tcp::socket::shutdown_send);
    if (how == "cut") on.ours->cut();
    until_over();
    CHECK(got->outcome == state::broken);
    CHECK(got->size > 0);
}

TEST_CASE_METHOD(fixture, "an end before the first byte is a broken header of no size") {
    receive();
    on.peer.shutdown(core::tcp::socket::shutdown_send);
    until_over();
    CHECK(got->outcome == state::broken);
    CHECK(got->size == 0);
}
