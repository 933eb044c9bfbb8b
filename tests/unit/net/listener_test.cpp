#include <gate/net/listener.hpp>

#include <catch.hpp>
#include <loop.hpp>
#include <vector>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>

using namespace gate;
using net::listener;
using sharing = net::listener::sharing;

namespace {

const config::endpoint any_port{"127.0.0.1", 0};

struct fixture {
    test::loop on;
    struct accepted {
        core::tcp_socket socket;
        core::tcp::endpoint peer;
    };
    std::vector<accepted> taken;  // in order

    std::unique_ptr<listener> open(const config::endpoint& where = any_port, sharing share = sharing::none) {
        auto opened = listener::open(on.context.get_executor(), on.wheel, where, share);
        REQUIRE(opened);
        return std::move(*opened);
    }
    void start(listener& one) {
        one.start([this](core::tcp_socket socket, const core::tcp::endpoint& peer) {
            taken.push_back({std::move(socket), peer});
        });
    }
    core::tcp_socket connect(const listener& to) {
        core::tcp_socket socket(on.context.get_executor());
        socket.connect(to.local());
        return socket;
    }
    core::error_code open_fails(const config::endpoint& where, sharing share) {
        const auto opened = listener::open(on.context.get_executor(), on.wheel, where, share);
        REQUIRE_FALSE(opened);
        return opened.error();
    }
    static config::endpoint same_port(const listener& as) { return {"127.0.0.1", as.local().port()}; }
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
    const auto first = connect(*subject);
    const auto second = connect(*subject);
    on.run_until([this] { return taken.size() == 2; });
    CHECK(taken[0].peer == first.local_endpoint());
    CHECK(taken[1].peer == second.local_endpoint());
    const int flags = ::fcntl(taken[0].socket.native_handle(), F_GETFL);
    CHECK((flags & O_NONBLOCK) != 0);
    boost::asio::socket_base::keep_alive probes;
    taken[0].socket.get_option(probes);
    CHECK(probes.value());
}

TEST_CASE_METHOD(fixture, "workers share a port that nobody else has") {
    const auto first = open(any_port, sharing::first);
    const auto further = open(same_port(*first), sharing::further);
    CHECK(further->local() == first->local());
    CHECK(open_fails(same_port(*first), sharing::first) == boost::asio::error::address_in_use);
    CHECK(open_fails(same_port(*first), sharing::none) == boost::asio::error::address_in_use);
}

TEST_CASE_METHOD(fixture, "what is no address of this machine is no place to listen at") {
    CHECK(open_fails({"192.0.2.1", 0}, sharing::none) == boost::system::errc::address_not_available);
    CHECK(open_fails({"no.such.host.invalid", 0}, sharing::none));
}

TEST_CASE_METHOD(fixture, "a listener that closes takes what has come before, and nothing after") {
    const auto subject = open();
    start(*subject);
    const auto before = connect(*subject);
    const auto where = subject->local();
    subject->close();
    CHECK(taken.size() == 1);
    core::tcp_socket after(on.context.get_executor());
    core::error_code ec;
    after.connect(where, ec);
    CHECK(ec == boost::asio::error::connection_refused);
    subject->close();  // no effect
    on.context.restart();
    on.context.poll();
    CHECK(taken.size() == 1);
}

TEST_CASE_METHOD(fixture, "rule 24: a process without descriptors takes connections again when it has some") {
    const auto subject = open();
    start(*subject);
    const auto waiting = connect(*subject);
    {
        const no_more_descriptors none;
        on.context.run_one();
        on.context.poll();
        CHECK(taken.empty());
    }
    on.run_until([this] { return taken.size() == 1; });
}
