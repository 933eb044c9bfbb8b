#pragma once
// A session on a real connection, whose client and upstream the test plays.

#include "proxy_world.hpp"
#include "scripted_outbound.hpp"

#include <gate/proxy/proxy_door.hpp>
#include <gate/proxy/session.hpp>

#include <cerrno>
#include <functional>
#include <memory>
#include <string>

#include <sys/socket.h>

namespace gate::test {

inline const std::string get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

inline config::config with_tokens(config::auth_mode mode) {
    config::config options;
    options.auth.mode = mode;
    return options;
}

// Nothing is added to it, so it may be deleted as what it is.
class lone_session final : public proxy::session {
public:
    using proxy::session::session;
};

class session_fixture : public proxy::session_owner {
public:
    explicit session_fixture(config::config options = with_tokens(config::auth_mode::optional))
        : world(std::move(options), upstream), client(world.on.context.get_executor()) {
        core::tcp_acceptor acceptor(world.on.context.get_executor(),
                                    {boost::asio::ip::address_v4::loopback(), 0});
        client.connect(acceptor.local_endpoint());
        core::tcp::endpoint from;
        auto accepted = acceptor.accept(from);
        accepted.non_blocking(true);
        const net::remote socket{.address = from.address()};
        subject = std::make_unique<lone_session>(world.where, *this, door, std::move(accepted),
                                                 protocol::make_peer(socket, protocol::only_entrance));
        subject->start();
    }
    // A coroutine that waits is never destroyed.
    ~session_fixture() {
        if (subject) subject->cut();
        if (subject) place.settle();
        until([this] { return subject == nullptr; });
    }
    session_fixture(const session_fixture&) = delete;
    session_fixture& operator=(const session_fixture&) = delete;

    void on_end(proxy::session&) noexcept override { subject.reset(); }
    bool release_place(proxy::session&) noexcept override { return ++released <= places_to_leave; }
    void on_failure(const std::exception&) noexcept override { ++failures; }

    void send(std::string_view text) { boost::asio::write(client, boost::asio::buffer(text)); }
    void until(const std::function<bool()>& done) { world.on.run_until(done); }
    void until_asked(std::string_view begin = "GET / HTTP/1.1\r\n") {
        until([&] { return place.text.starts_with(begin); });
    }

    // Whether the client has received a response that begins so; if it has, that is taken away.
    bool has_response(std::string_view begin) {
        char buffer[4096];
        const auto got = ::recv(client.native_handle(), buffer, sizeof buffer, MSG_DONTWAIT);
        if (got == 0) is_closed = true;
        if (got < 0 && errno == ECONNRESET) is_reset = true;
        if (got > 0) received.append(buffer, static_cast<std::size_t>(got));
        const auto end = received.find("\r\n\r\n");
        if (end == std::string::npos || !received.starts_with(begin)) return false;
        last = received.substr(0, end);
        received.erase(0, end + 4);
        return true;
    }
    // The upstream's answer to the request that it has been sent, and its way to the client.
    void answer() {
        place.text.clear();
        place.answer("HTTP/1.1 204 No Content\r\n\r\n");
        until([this] { return has_response("HTTP/1.1 204"); });
    }

    scripted_upstream upstream;
    scripted_outbound& place = upstream.fresh;
    proxy_world world;
    proxy::proxy_door door{world.where};
    core::tcp_socket client;
    std::unique_ptr<lone_session> subject;
    std::string received;
    std::string last;  // head of a response
    int released = 0;
    int places_to_leave = 1;
    int failures = 0;
    bool is_closed = false;
    bool is_reset = false;
};

// Of the head of a response.
inline bool says_close(const std::string& head) {
    return head.find("\r\nConnection: close") != std::string::npos;
}

}  // namespace gate::test
