// A worker as it is: its thread, its listener, its pool; the test plays the clients and the upstream. Gate is
// nowhere: no request here shows a token.
#include "any_port.hpp"

#include <gate/app/worker.hpp>
#include <gate/telemetry/log_output.hpp>

#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

#include <catch.hpp>
#include <future>
#include <memory>
#include <string>
#include <thread>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

using namespace gate;
using namespace std::chrono_literals;

namespace {

constexpr auto any_port = 0;
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
        REQUIRE(::poll(&one, 1, 10'000) == 1);
    }

    core::tcp_socket socket_;
    std::string received_;
};

class fixture {
public:
    explicit fixture(std::size_t connections = 100) : house(connections, 0) {
        auto book = std::make_shared<app::address_book>();
        book->set({upstream.local_endpoint()});
        upstream_book = book;
        subject = std::make_unique<app::worker>(
            app::shared_parts{tokens, key, accounts, keys, house, full, metrics, output, events},
            settings(config::auth_mode::optional), 0U);
        subject->listen(0, test::listen_on_any_port(where));
        subject->start();
    }
    ~fixture() {
        subject->cut();
        const auto end = core::clock::now() + 10s;  // what was refused may still be read
        while (subject->sessions() != 0 && core::clock::now() < end) std::this_thread::yield();
        subject->stop();
    }
    fixture(const fixture&) = delete;
    fixture& operator=(const fixture&) = delete;

    app::worker_settings settings(config::auth_mode mode) {
        config::config options;
        options.auth.mode = mode;
        options.log.access = false;
        options.gate.base_url = {false, "127.0.0.1", 1, ""};
        return {std::make_shared<proxy::snapshot>(options, ++generation), {upstream_book}, nullptr};
    }
    wire connect() {
        core::tcp_socket socket(context.get_executor());
        socket.connect(where);
        return wire(std::move(socket));
    }
    wire accept() {
        pollfd one{upstream.native_handle(), POLLIN, 0};
        REQUIRE(::poll(&one, 1, 10'000) == 1);
        return wire(upstream.accept());
    }
    void wait_for_sessions(std::size_t count) const {
        const auto end = core::clock::now() + 10s;
        while (subject->sessions() != count && core::clock::now() < end) std::this_thread::yield();
        REQUIRE(subject->sessions() == count);
    }

    core::asio::io_context context{1};
    core::tcp::endpoint where;
    core::tcp_acceptor upstream{context.get_executor(), {boost::asio::ip::address_v4::loopback(), any_port}};
    std::shared_ptr<const app::address_book> upstream_book;
    std::uint64_t generation = 0;
    const int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
    telemetry::log_output output{nowhere};
    telemetry::event_log events{output, {core::log_level::error, core::log_format::text}};
    telemetry::metrics metrics{1};
    auth::process_key key{std::array<std::uint8_t, 32>{}};
    auth::shared_state tokens{{}, {}, {}};
    auth::account_records accounts{16};
    verify::key_ring keys{core::secret_string("sk_test_a")};
    app::connection_limit house;
    app::full_house full;
    std::unique_ptr<app::worker> subject;
};

void serve_one(fixture& f, wire& client) {
    client.send(get);
    auto up = f.accept();
    CHECK(up.head().starts_with("GET / HTTP/1.1\r\n"));
    up.send("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
    CHECK(client.head().starts_with("HTTP/1.1 204 "));
}

}  // namespace

TEST_CASE("a worker serves the connections of its listener") {
    fixture f;
    auto first = f.connect();
    auto second = f.connect();
    serve_one(f, second);
    serve_one(f, first);
    serve_one(f, second);
    CHECK(f.subject->sessions() == 2);
}

TEST_CASE("requests begin with a new configuration once a worker has taken it over") {
    fixture f;
    auto client = f.connect();
    serve_one(f, client);
    std::promise<void> taken;
    f.subject->configure(f.settings(config::auth_mode::required), [&] { taken.set_value(); });
    REQUIRE(taken.get_future().wait_for(10s) == std::future_status::ready);
    client.send(get);
    CHECK(client.head().starts_with("HTTP/1.1 401 "));
}

TEST_CASE("rule 27: in a full house an idle connection goes for a newcomer") {
    fixture f(1);
    auto first = f.connect();
    serve_one(f, first);
    auto second = f.connect();
    serve_one(f, second);
    CHECK(first.is_over());
    CHECK(f.subject->sessions() == 1);
}

TEST_CASE("a house that is full of busy connections refuses a newcomer, who can read why") {
    fixture f(1);
    auto first = f.connect();
    first.send(get);
    auto up = f.accept();
    CHECK(up.head().starts_with("GET / "));
    auto second = f.connect();
    const auto refused = second.head();
    CHECK(refused.starts_with("HTTP/1.1 503 "));
    CHECK(refused.find("Connection: close\r\n") != std::string::npos);
    up.send("HTTP/1.1 204 No Content\r\n\r\n");
    CHECK(first.head().starts_with("HTTP/1.1 204 "));
}

TEST_CASE("a worker that drains ends what is idle, and lets what runs end first") {
    fixture f;
    auto idle = f.connect();
    serve_one(f, idle);
    auto busy = f.connect();
    busy.send(get);
    auto up = f.accept();
    CHECK(up.head().starts_with("GET / "));
    f.subject->drain();
    CHECK(idle.is_over());
    up.send("HTTP/1.1 204 No Content\r\n\r\n");
    CHECK(busy.head().find("Connection: close\r\n") != std::string::npos);
    CHECK(busy.is_over());
    f.wait_for_sessions(0);
}

TEST_CASE("a worker that is cut ends everything") {
    fixture f;
    auto idle = f.connect();
    serve_one(f, idle);
    auto busy = f.connect();
    busy.send(get);
    auto up = f.accept();
    CHECK(up.head().starts_with("GET / "));
    f.subject->cut();
    CHECK(idle.is_over());
    CHECK(busy.is_over());
    f.wait_for_sessions(0);
}

TEST_CASE("rule 29: a worker says when nothing runs any more for what was withdrawn") {
    fixture f;
    auto client = f.connect();
    serve_one(f, client);
    f.tokens.facts.purge({}, core::clock::now());
    std::promise<void> over;
    f.subject->end_withdrawn([&] { over.set_value(); });
    CHECK(over.get_future().wait_for(10s) == std::future_status::ready);
}
