// The server of the echo: whom it serves, and for how long.
#include <gate/app/echo_server.hpp>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <catch.hpp>
#include <thread>

#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace gate;
using namespace std::chrono_literals;
using app::echo_server;

namespace {

class fixture {
public:
    explicit fixture(core::duration patience = echo_server::default_patience)
        : server_(std::make_unique<echo_server>(context_.get_executor(), patience)),
          where(server_->address()),
          thread_([this] { context_.run(); }) {}
    ~fixture() {
        boost::asio::post(context_, [this] {
            server_.reset();
            work_.reset();
        });
        thread_.join();
    }

private:
    core::asio::io_context context_{1};
    boost::asio::executor_work_guard<core::asio::io_context::executor_type> work_{context_.get_executor()};
    std::unique_ptr<echo_server> server_;

public:
    const core::stream_protocol::endpoint where;

private:
    std::thread thread_;
};

// A blocking connection.
class client {
public:
    explicit client(const fixture& to) : socket_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        REQUIRE(::connect(socket_, to.where.data(), static_cast<socklen_t>(to.where.size())) == 0);
    }
    ~client() { ::close(socket_); }
    client(const client&) = delete;
    client& operator=(const client&) = delete;

    void ask(const std::string& what, const std::string& lines = {}) {
        const auto text =
            "GET /gate-sidecar-echo/nonce/" + what + " HTTP/1.1\r\nHost: a\r\n" + lines + "\r\n";
        ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
    }
    // What comes next, up to `end`; less: the connection has ended.
    std::string read_to(std::string_view end) {
        std::string out;
        pollfd one{socket_, POLLIN, 0};
        char byte = 0;
        while (out.find(end) == std::string::npos) {
            REQUIRE(::poll(&one, 1, 10'000) == 1);
            if (::recv(socket_, &byte, 1, 0) != 1) break;
            out += byte;
        }
        return out;
    }

private:
    const int socket_;
};

}  // namespace

TEST_CASE("each answer of the echo bears its mark") {
    const fixture f;
    for (const auto* what : {"echo", "later", "events", "websocket", "nothing"}) {
        INFO(what);
        client one(f);
        one.ask(what, "Sec-WebSocket-Key: Z2F0ZS1zaWRlY2FyLWRvYw==\r\n");
        CHECK(one.read_to("\r\n\r\n").find("\r\nX-Sidecar-Echo: 1\r\n") != std::string::npos);
    }
}

TEST_CASE("no worker keeps a connection to the echo: there are more workers than connections") {
    const fixture f;
    for (const auto* what : {"echo", "later", "nothing"}) {
        client one(f);
        one.ask(what);
        one.ask(what);
        const auto all = one.read_to("nothing more");
        CHECK(all.find("\r\nConnection: close\r\n") != std::string::npos);
        CHECK(all.rfind("HTTP/1.1 ") == 0);
    }
}

TEST_CASE("another process learns nothing at the echo") {
    const fixture f;
    const auto child = ::fork();
    if (child == 0) {
        const int out = ::socket(AF_UNIX, SOCK_STREAM, 0);
        char byte = 0;
        const bool is_connected = ::connect(out, f.where.data(), static_cast<socklen_t>(f.where.size())) == 0;
        ::send(out, "GET /echo HTTP/1.1\r\n\r\n", 22, MSG_NOSIGNAL);
        ::_exit(is_connected && ::recv(out, &byte, 1, 0) <= 0 ? 0 : 1);
    }
    int status = 1;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(status == 0);
    client own(f);
    own.ask("later");
    CHECK(own.read_to("later\n").starts_with("HTTP/1.1 503 "));
}

TEST_CASE("the echo answers so many requests, and no more") {
    const fixture f;
    std::size_t answered = 0;
    for (;; ++answered) {
        client one(f);
        one.ask("later");
        if (one.read_to("\nlater\n").empty() || answered > 2 * echo_server::max_requests) break;
    }
    CHECK(answered == echo_server::max_requests);
    client another(f);
    another.ask("later");
    CHECK(another.read_to("later\n").empty());
}

TEST_CASE("who asks for nothing, or only listens, is sent away in the end") {
    const fixture f(20ms);
    client silent(f);
    CHECK(silent.read_to("\n").empty());
    std::string heard;
    for (int i = 0; i < 1000 && heard.empty(); ++i) {  // on a busy machine the request may come too late
        client listening(f);
        listening.ask("events");
        heard = listening.read_to("nothing more");
    }
    CHECK(heard.ends_with("data: first\n\n\r\n"));
}

TEST_CASE("guests that go while their time ends leave nothing behind") {
    const fixture f(5ms);
    for (int i = 0; i < 200; ++i) {
        client one(f);
        one.ask("events");
    }
    const auto answer = [&] {
        client one(f);
        one.ask("later");
        return one.read_to("later\n");
    };
    std::string last;
    for (int i = 0; i < 1000 && last.empty(); ++i) last = answer();  // 16 at a time
    CHECK(last.starts_with("HTTP/1.1 503 "));
}
