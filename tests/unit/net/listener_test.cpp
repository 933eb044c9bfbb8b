#include <gate/net/listener.hpp>

#include <catch.hpp>
#include <loop.hpp>
#include <vector>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace gate;
using net::listener;
using net::listening_socket;
using sharing = listening_socket::sharing;

namespace {

const config::listen_address any_port{"127.0.0.1", 0};

struct fixture {
    test::loop on;
    struct accepted {
        core::stream_socket socket;
        net::remote from;
    };
    std::vector<accepted> taken;  // in order

    config::listen_address where;  // of what was opened last
    std::unique_ptr<listener> open(const config::listen_address& at = any_port,
                                   sharing share = sharing::none) {
        auto opened = listening_socket::open(at, share);
        REQUIRE(opened.has_value());
        return watch(std::move(*opened));
    }
    std::unique_ptr<listener> watch(listening_socket opened) {
        where = opened.local();
        return std::make_unique<listener>(on.context.get_executor(), on.wheel, std::move(opened));
    }
    void start(listener& one) {
        one.start([this](core::stream_socket socket, const net::remote& from) {
            taken.push_back({std::move(socket), from});
        });
    }
    core::tcp_socket connect() {
        core::tcp_socket socket(on.context.get_executor());
        socket.connect({boost::asio::ip::make_address(where.host), where.port});
        return socket;
    }
    static core::error_code open_fails(const config::listen_address& at, sharing share) {
        const auto opened = listening_socket::open(at, share);
        REQUIRE_FALSE(opened.has_value());
        return opened.error();
    }
    config::listen_address same_port() const { return {"127.0.0.1", where.port}; }
};

// As long as it lives, the process gets no further descriptor.
class no_more_descriptors {
public:
    no_more_descriptors() {
        ::getrlimit(RLIMIT_NOFILE, &before_);
        auto none = before_;
        none.rlim_cur = 0;
        ::setrlimit(RLIMIT_NOFILE, &none);
    }
    ~no_more_descriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }
    no_more_descriptors(const no_more_descriptors&) = delete;
    no_more_descriptors& operator=(const no_more_descriptors&) = delete;

private:
    rlimit before_{};
};

}  // namespace

TEST_CASE_METHOD(fixture, "a listener hands over connections that do not block, and says who they are") {
    const auto subject = open();
    start(*subject);
    const auto first = connect();
    const auto second = connect();
    on.run_until([this] { return taken.size() == 2; });
    CHECK(taken[0].from.address == first.local_endpoint().address());
    CHECK(taken[1].from.address == second.local_endpoint().address());
    const int flags = ::fcntl(taken[0].socket.native_handle(), F_GETFL);
    CHECK((flags & O_NONBLOCK) != 0);
    boost::asio::socket_base::keep_alive probes;
    taken[0].socket.get_option(probes);
    CHECK(probes.value());
}

TEST_CASE_METHOD(fixture, "workers share a port that nobody else has") {
    const auto first = open(any_port, sharing::first);
    const auto shared = where;
    const auto further = open(same_port(), sharing::further);
    CHECK(where == shared);
    CHECK(open_fails(same_port(), sharing::first) == boost::asio::error::address_in_use);
    CHECK(open_fails(same_port(), sharing::none) == boost::asio::error::address_in_use);
}

TEST_CASE_METHOD(fixture, "what is no address of this machine is no place to listen at") {
    CHECK(open_fails({"192.0.2.1", 0}, sharing::none) == boost::system::errc::address_not_available);
    CHECK(open_fails({"no.such.host.invalid", 0}, sharing::none));
}

TEST_CASE_METHOD(fixture, "a listener that closes takes what has come before, and nothing after") {
    const auto subject = open();
    start(*subject);
    const auto before = connect();
    subject->close();
    CHECK(taken.size() == 1);
    core::tcp_socket after(on.context.get_executor());
    core::error_code ec;
    after.connect({boost::asio::ip::make_address(where.host), where.port}, ec);
    CHECK(ec == boost::asio::error::connection_refused);
    subject->close();  // no effect
    on.context.restart();
    on.context.poll();
    CHECK(taken.size() == 1);
}

TEST_CASE_METHOD(fixture, "a listener leaves what waits in a socket that somebody else has to them") {
    auto opened = listening_socket::open(any_port, sharing::none);
    REQUIRE(opened.has_value());
    const auto others = opened->duplicate();
    REQUIRE(others.has_value());
    opened->set_lent();
    const auto subject = watch(std::move(*opened));
    start(*subject);
    const auto waiting = connect();
    subject->close();
    CHECK(taken.empty());
    const int theirs = ::accept(others->descriptor(), nullptr, nullptr);
    CHECK(theirs >= 0);
    ::close(theirs);
}

TEST_CASE_METHOD(fixture, "rule 24: a process without descriptors takes connections again when it has some") {
    const auto subject = open();
    start(*subject);
    const auto waiting = connect();
    {
        const no_more_descriptors none;
        on.context.run_one();
        on.context.poll();
        CHECK(taken.empty());
    }
    on.run_until([this] { return taken.size() == 1; });
}
