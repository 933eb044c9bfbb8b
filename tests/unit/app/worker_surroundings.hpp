#pragma once
// What workers under test share, an upstream that the test plays, and blocking connections of its clients.
// Gate is nowhere: no request here shows a token.

#include <gate/app/worker.hpp>
#include <gate/telemetry/log_output.hpp>

#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

#include <catch.hpp>
#include <memory>
#include <string>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

namespace gate::test {

constexpr int patience = 10'000;  // milliseconds
const std::string get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

// A blocking connection, of a client or of the upstream.
class wire {
public:
    explicit wire(core::tcp_socket socket) : socket_(std::move(socket)) {}

    void send(std::string_view text) { boost::asio::write(socket_, boost::asio::buffer(text)); }
    // The next head; empty at the end.
    std::string head() {
        core::error_code ec;
        wait();
        const auto size =
            boost::asio::read_until(socket_, boost::asio::dynamic_buffer(received_), "\r\n\r\n", ec);
        if (ec) return {};
        auto out = received_.substr(0, size);
        received_.clear();
        return out;
    }
    // Waits until the other side has ended it; false: it has something to say.
    bool is_over() {
        char one = 0;
        core::error_code ec;
        wait();
        return socket_.read_some(boost::asio::buffer(&one, 1), ec) == 0;
    }

private:
    void wait() {
        pollfd one{socket_.native_handle(), POLLIN, 0};
        REQUIRE(::poll(&one, 1, patience) == 1);
    }

    core::tcp_socket socket_;
    std::string received_;
};

class worker_surroundings {
public:
    explicit worker_surroundings(std::size_t connections = 100, unsigned workers = 1)
        : metrics(workers), house(connections, 0) {
        auto book = std::make_shared<app::address_book>();
        book->set({upstream.local_endpoint()});
        upstream_book_ = book;
    }
    ~worker_surroundings() { ::close(nowhere_); }
    worker_surroundings(const worker_surroundings&) = delete;
    worker_surroundings& operator=(const worker_surroundings&) = delete;

    app::shared_parts parts() {
        return {tokens, key_, accounts_, keys_, house, full_, metrics, output_, events_};
    }
    app::worker_settings settings(config::auth_mode mode) {
        config::config options;
        options.auth.mode = mode;
        options.log.access = false;
        options.gate.base_url = {false, "127.0.0.1", 1, ""};
        return {std::make_shared<proxy::snapshot>(options, ++generation_), {upstream_book_}, nullptr};
    }
    wire connect(const core::tcp::endpoint& where) {
        core::tcp_socket socket(context.get_executor());
        socket.connect(where);
        return wire(std::move(socket));
    }
    wire accept() {
        pollfd one{upstream.native_handle(), POLLIN, 0};
        REQUIRE(::poll(&one, 1, patience) == 1);
        return wire(upstream.accept());
    }
    // A request of `client`, answered by the upstream.
    void serve_one(wire& client) {
        client.send(get);
        auto up = accept();
        CHECK(up.head().starts_with("GET / HTTP/1.1\r\n"));
        up.send("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
        CHECK(client.head().starts_with("HTTP/1.1 204 "));
    }

    core::asio::io_context context{1};
    core::tcp_acceptor upstream{context.get_executor(), {boost::asio::ip::address_v4::loopback(), 0}};
    telemetry::metrics metrics;
    auth::shared_state tokens{{}, {}, {}};
    app::connection_limit house;

private:
    std::shared_ptr<const app::address_book> upstream_book_;
    std::uint64_t generation_ = 0;
    const int nowhere_ = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
    telemetry::log_output output_{nowhere_};
    telemetry::event_log events_{output_, {core::log_level::error, core::log_format::text}};
    auth::process_key key_{std::array<std::uint8_t, 32>{}};
    auth::account_records accounts_{16};
    verify::key_ring keys_{core::secret_string("sk_test_a")};
    app::full_house full_;
};

}  // namespace gate::test
