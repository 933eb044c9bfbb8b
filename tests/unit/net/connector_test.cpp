#include <gate/net/connector.hpp>

#include <boost/asio/local/stream_protocol.hpp>

#include <catch.hpp>
#include <filesystem>
#include <iterator>
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

using tcp = boost::asio::ip::tcp;

// Takes no further connection, and refuses none.
class silent_host {
public:
    explicit silent_host(boost::asio::io_context& context)
        : listening_(context, {boost::asio::ip::address_v4::loopback(), 0}, false) {
        listening_.listen(0);
        for (int i = 0; i < 4; ++i) {  // more than the queue takes
            auto& one = waiting_.emplace_back(context, tcp::v4());
            one.non_blocking(true);
            const auto to = listening_.local_endpoint();
            (void)::connect(one.native_handle(), to.data(), static_cast<socklen_t>(to.size()));
        }
    }
    core::stream_protocol::endpoint address() const { return listening_.local_endpoint(); }

private:
    tcp::acceptor listening_;
    std::vector<tcp::socket> waiting_;
};

core::stream_protocol::endpoint unused_address(boost::asio::io_context& context) {
    return tcp::acceptor(context, {boost::asio::ip::address_v4::loopback(), 0}).local_endpoint();
}

std::size_t descriptors() {
    const std::filesystem::directory_iterator all("/proc/self/fd");
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

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
        begin(net::address_list{to}, patience);
    }
    void begin(net::address_list to, core::duration patience,
               const core::stream_protocol::endpoint* first = nullptr) {
        auto where = std::make_shared<const net::address_list>(std::move(to));
        core::spawn(connect(std::move(where), first, core::clock::now() + patience));
    }
    core::task<> connect(std::shared_ptr<const net::address_list> where,
                         const core::stream_protocol::endpoint* first, core::time_point until) {
        auto made =
            co_await net::connect(on.context.get_executor(), on.wheel, std::move(where), first, until);
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
    std::optional<core::result<net::connected>> outcome;
};

}  // namespace

TEST_CASE("a Unix socket is an address like another") {
    fixture f;
    auto listening = f.listen();
    f.begin(10s);
    f.run_until_connected();
    REQUIRE(f.outcome->has_value());
    auto peer = listening.accept();
    auto& made = (*f.outcome)->bytes;
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
    const silent_host host(f.context);
    const auto begun = core::clock::now();
    f.begin(host.address(), 50ms);
    f.run_until_connected();
    CHECK(f.outcome->error() == reason::upstream_connect_timeout);
    CHECK(core::clock::now() - begun >= 50ms);
}

TEST_CASE("an address that does not answer costs a head start, and is closed when another one connects") {
    fixture f;
    const silent_host host(f.context);
    const tcp::acceptor good(f.context, {boost::asio::ip::address_v4::loopback(), 0});
    const core::stream_protocol::endpoint to(good.local_endpoint());
    const auto before = descriptors();
    const auto begun = core::clock::now();
    f.begin({host.address(), to}, 10s);
    f.run_until_connected();
    REQUIRE(f.outcome->has_value());
    CHECK((*f.outcome)->address == to);
    CHECK((*f.outcome)->bytes->socket().remote_endpoint() == to);
    CHECK(core::clock::now() - begun >= net::connect_attempts::head_start);
    CHECK(descriptors() == before + 1);
}

TEST_CASE("the address that is to be first is tried first, if it is one of them") {
    fixture f;
    const silent_host host(f.context);
    const tcp::acceptor good(f.context, {boost::asio::ip::address_v4::loopback(), 0});
    const core::stream_protocol::endpoint to(good.local_endpoint());
    f.begin({host.address(), to}, 10s, &to);
    const auto begun = core::clock::now();
    f.run_until_connected();
    REQUIRE(f.outcome->has_value());
    CHECK(core::clock::now() - begun < net::connect_attempts::head_start);
}

TEST_CASE("a refusal is followed by the next address immediately, and the last one is told") {
    fixture f;
    const auto refusing = unused_address(f.context);
    const tcp::acceptor good(f.context, {boost::asio::ip::address_v4::loopback(), 0});
    SECTION("the next one accepts") {
        f.begin({refusing, refusing, core::stream_protocol::endpoint(good.local_endpoint())}, 10s);
        f.run_until_connected();
        CHECK(f.outcome->has_value());
    }
    SECTION("there is none that accepts") {
        f.begin({refusing, core::stream_protocol::endpoint(
                               tcp::endpoint(boost::asio::ip::make_address("255.255.255.255"), 1))},
                10s);
        f.run_until_connected();
        CHECK(f.outcome->error() == reason::upstream_refused);
    }
    SECTION("there is none at all") {
        f.begin(net::address_list{}, 10s);
        f.run_until_connected();
        CHECK(f.outcome->error() == reason::upstream_unreachable);
    }
}
