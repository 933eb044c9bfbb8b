#include <gate/net/connector.hpp>

#include <boost/asio/local/stream_protocol.hpp>

#include <catch.hpp>
#include <loop.hpp>
#include <optional>
#include <string>
#include <vector>

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace gate;
using namespace std::chrono_literals;
using core::reason;

namespace {

using local = boost::asio::local::stream_protocol;

struct fixture {
    fixture() {
        char pattern[] = "/tmp/gate-connector-XXXXXX";
        REQUIRE(::mkdtemp(pattern) != nullptr);
        directory = pattern;
        path = directory + "/api.sock";
    }
    ~fixture() {
        ::unlink(path.c_str());
        ::rmdir(directory.c_str());
    }
    fixture(const fixture&) = delete;
    fixture& operator=(const fixture&) = delete;

    local::acceptor listen(int backlog = 16) {
        local::acceptor out(context, local());
        out.bind(local::endpoint(path));
        out.listen(backlog);
        return out;
    }
    void begin(core::duration patience) {
        begin(core::stream_protocol::endpoint(local::endpoint(path)), patience);
    }
    void begin(const core::stream_protocol::endpoint& to, core::duration patience) {
        auto where = std::make_shared<const net::address_list>(net::address_list{to});
        core::spawn(connect(std::move(where), core::clock::now() + patience));
    }
    core::task<> connect(std::shared_ptr<const net::address_list> where, core::time_point until) {
        auto made = co_await net::connect(on.context.get_executor(), on.wheel, std::move(where), until);
        outcome.emplace(std::move(made));
    }
    void run_until_connected() {
        while (!outcome) {
            on.context.restart();
            REQUIRE(on.context.run_one_for(10s) == 1);
        }
    }

    test::loop on;
    boost::asio::io_context context;
    std::string directory;
    std::string path;
    std::optional<core::result<std::unique_ptr<net::stream>>> outcome;
};

}  // namespace

TEST_CASE("a Unix socket is an address like another") {
    fixture f;
    auto listening = f.listen();
    f.begin(10s);
    f.run_until_connected();
    REQUIRE(f.outcome->has_value());
    auto peer = listening.accept();
    auto& made = **f.outcome;
    CHECK(made->try_write("hello").bytes == 5);
    char got[8];
    CHECK(peer.read_some(boost::asio::buffer(got)) == 5);

    made->cut();
    CHECK(made->try_write("more").was_cut());
    CHECK(made->try_read(got).was_cut());
    made.reset();
    core::error_code ec;
    CHECK(peer.read_some(boost::asio::buffer(got), ec) == 0);
    CHECK(ec);
}

TEST_CASE("a Unix socket that is not there, or that nobody listens on, is told apart") {
    fixture f;
    f.begin(10s);
    f.run_until_connected();
    CHECK(f.outcome->error() == reason::upstream_unreachable);
    { auto gone = f.listen(); }
    f.outcome.reset();
    f.begin(10s);
    f.run_until_connected();
    CHECK(f.outcome->error() == reason::upstream_refused);
}

TEST_CASE("a Unix socket whose queue is full is tried again until there is room, or it is too late") {
    fixture f;
    auto listening = f.listen(0);
    local::socket first(f.context);
    first.connect(local::endpoint(f.path));  // as many as a backlog of 0 takes
    f.begin(20ms);
    f.run_until_connected();
    CHECK(f.outcome->error() == reason::upstream_connect_timeout);

    f.outcome.reset();
    f.begin(10s);
    f.on.context.restart();
    f.on.context.poll();
    REQUIRE_FALSE(f.outcome);
    auto taken = listening.accept();
    f.run_until_connected();
    CHECK(f.outcome->has_value());
}

TEST_CASE("a host that does not answer is given up when it is time") {
    fixture f;
    boost::asio::ip::tcp::acceptor full(f.context, {boost::asio::ip::address_v4::loopback(), 0}, false);
    full.listen(0);
    std::vector<boost::asio::ip::tcp::socket> waiting;
    for (int i = 0; i < 4; ++i) {  // more than the queue takes
        auto& one = waiting.emplace_back(f.context, boost::asio::ip::tcp::v4());
        one.non_blocking(true);
        const auto to = full.local_endpoint();
        (void)::connect(one.native_handle(), to.data(), static_cast<socklen_t>(to.size()));
    }
    const auto begun = core::clock::now();
    f.begin(core::stream_protocol::endpoint(full.local_endpoint()), 50ms);
    f.run_until_connected();
    CHECK(f.outcome->error() == reason::upstream_connect_timeout);
    CHECK(core::clock::now() - begun >= 50ms);
}
