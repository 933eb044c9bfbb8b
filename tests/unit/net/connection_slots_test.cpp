#include <gate/net/connection_pool.hpp>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <atomic>
#include <catch.hpp>
#include <loop.hpp>
#include <optional>
#include <random>
#include <thread>
#include <vector>

#include <poll.h>

using namespace gate;
using namespace std::chrono_literals;
using core::reason;
using net::connection_pool;
using preference = connection_pool::preference;

namespace {

net::pool_options options(std::size_t connections) {
    return {.max_connections = connections, .idle_timeout = 60s, .connect_timeout = 20s, .wait = 50s};
}

// Accepts on a thread of its own, and keeps what it has accepted.
class upstream {
public:
    upstream() : acceptor_(context_, {boost::asio::ip::address_v4::loopback(), 0}) {
        where_ = std::make_shared<const net::address_list>(net::address_list{acceptor_.local_endpoint()});
        accept();
        thread_ = std::thread([this] { context_.run(); });
    }
    ~upstream() {
        context_.stop();
        thread_.join();
    }
    std::shared_ptr<const net::address_list> where() const { return where_; }
    int accepted() const { return count_; }
    void wait_until_accepted(int number) const {
        for (auto now = count_.load(); now < number; now = count_.load()) count_.wait(now);
    }

    // Sends it on every connection.
    void send(char what) {
        boost::asio::post(context_, [this, what] {
            for (auto& each : sockets_) boost::asio::write(each, boost::asio::buffer(&what, 1));
        });
    }

private:
    void accept() {
        acceptor_.async_accept([this](core::error_code ec, core::tcp_socket socket) {
            if (ec) return;
            sockets_.push_back(std::move(socket));
            ++count_;
            count_.notify_all();
            accept();
        });
    }

    core::asio::io_context context_{1};
    core::tcp_acceptor acceptor_;
    std::shared_ptr<const net::address_list> where_;
    std::vector<core::tcp_socket> sockets_;
    std::atomic<int> count_{0};
    std::thread thread_;
};

// A pool with an event loop on a thread of its own, as a worker has it.
class worker {
public:
    worker(upstream& server, std::shared_ptr<net::connection_slots> slots, const net::pool_options& how)
        : work_(context.get_executor()), wheel_(context.get_executor()) {
        pool.emplace(
            context.get_executor(), wheel_, how, [&server] { return server.where(); },
            connection_pool::surroundings{.slots = std::move(slots)});
        thread_ = std::thread([this] { context.run(); });
    }
    ~worker() { stop(); }
    void stop() {
        if (!thread_.joinable()) return;
        run([this] { pool.reset(); });
        boost::asio::post(context, [this] { context.stop(); });
        thread_.join();
    }

    // On its thread; returns when it is done.
    template <class Call>
    void run(Call call) {
        std::atomic<bool> done{false};
        boost::asio::post(context, [&] {
            call();
            done = true;
            done.notify_one();
        });
        done.wait(false);
    }

    core::asio::io_context context{BOOST_ASIO_CONCURRENCY_HINT_UNSAFE_IO};
    std::optional<connection_pool> pool;

private:
    boost::asio::executor_work_guard<core::executor> work_;
    net::deadline_wheel wheel_;
    std::thread thread_;
};

struct outcome {
    connection_pool::lease held{};
    reason why = reason::none;
    char received = 0;
    std::atomic<bool> is_there{false};
    std::atomic<bool> is_read{false};
};

core::task<> lease(connection_pool& pool, outcome& out) {
    auto got = co_await pool.lease_connection(preference::any);
    if (got) {
        out.held = std::move(*got);
    } else {
        out.why = core::reason_of(got.error());
    }
    out.is_there = true;
    out.is_there.notify_one();
}

core::task<> read_one(outcome& from) {
    auto& bytes = *from.held;
    while (bytes.try_read({&from.received, 1}).would_block()) (void)co_await bytes.readable();
    from.is_read = true;
    from.is_read.notify_one();
}

void lease_on(worker& one, outcome& out) {
    one.run([&] { core::spawn(lease(*one.pool, out)); });
    out.is_there.wait(false);
}

}  // namespace

TEST_CASE("an idle connection goes to the worker that needs one, as it is") {
    upstream server;
    const auto slots = std::make_shared<net::connection_slots>();
    worker one(server, slots, options(1)), other(server, slots, options(1));
    outcome first;
    lease_on(one, first);
    server.wait_until_accepted(1);
    one.run([&] { first.held.give_back(); });
    outcome second;
    lease_on(other, second);
    CHECK(second.held.is_reused());
    CHECK(server.accepted() == 1);
    CHECK(slots->in_use() == 1);
    one.run([&] { CHECK(one.pool->idle() == 0); });

    outcome third;  // waits, and is served when the other gives back; what comes then is read here
    one.run([&] { core::spawn(lease(*one.pool, third)); });
    other.run([&] { second.held.give_back(); });
    third.is_there.wait(false);
    one.run([&] { core::spawn(read_one(third)); });
    server.send('x');
    third.is_read.wait(false);
    CHECK(third.received == 'x');
    CHECK(server.accepted() == 1);
    one.run([&] { third.held.drop(); });
    CHECK(slots->in_use() == 0);
}

TEST_CASE("rule 21: a connection that is handed over with something on it is not used") {
    upstream server;
    const auto slots = std::make_shared<net::connection_slots>();
    worker one(server, slots, options(1)), other(server, slots, options(1));
    outcome first, second;
    lease_on(one, first);
    server.wait_until_accepted(1);
    std::atomic<bool> is_blocked{false}, may_go{false};
    boost::asio::post(other.context, [&] {
        core::spawn(lease(*other.pool, second));
        is_blocked = true;
        is_blocked.notify_one();
        may_go.wait(false);
    });
    is_blocked.wait(false);
    one.run([&] {
        pollfd probe{first.held->socket().native_handle(), POLLIN, 0};
        first.held.give_back();
        server.send('x');
        REQUIRE(::poll(&probe, 1, 20'000) == 1);
    });
    may_go = true;
    may_go.notify_one();
    second.is_there.wait(false);
    CHECK_FALSE(second.held.is_reused());
    server.wait_until_accepted(2);
    CHECK(slots->in_use() == 1);
    other.run([&] { second.held.drop(); });
}

TEST_CASE("the slots of a worker that goes are for the others") {
    upstream server;
    const auto slots = std::make_shared<net::connection_slots>();
    worker other(server, slots, options(1));
    worker one(server, slots, options(1));
    outcome first, second;
    lease_on(one, first);
    other.run([&] { core::spawn(lease(*other.pool, second)); });
    CHECK_FALSE(second.is_there);
    one.run([&] { first.held.drop(); });
    one.stop();
    second.is_there.wait(false);
    CHECK(second.held);
    other.run([&] { second.held.drop(); });
}

TEST_CASE("a limit that an older configuration has set does not come back") {
    upstream server;
    const auto slots = std::make_shared<net::connection_slots>();
    worker one(server, slots, options(1));
    slots->configure(1, 2);
    slots->configure(5, 1);
    outcome first, second;
    lease_on(one, first);
    one.run([&] { core::spawn(lease(*one.pool, second)); });
    CHECK(slots->in_use() == 1);
    slots->configure(5, 2);
    second.is_there.wait(false);
    CHECK(slots->in_use() == 2);
    one.run([&] {
        first.held.drop();
        second.held.drop();
    });
}

namespace {

struct storm {
    std::size_t limit;
    std::atomic<std::size_t> in_use{0};
    std::atomic<std::size_t> most{0};
    std::atomic<int> failures{0};
    std::atomic<int> left;

    storm(std::size_t connections, int clients) : limit(connections), left(clients) {}
};

core::task<> use_often(worker& on, storm& all, unsigned seed, int times) {
    auto& pool = *on.pool;
    std::minstd_rand random(seed + 1);
    for (int i = 0; i < times; ++i) {
        auto held = pool.lease_idle();
        if (!held) {
            auto got =
                co_await pool.lease_connection(random() % 8 == 0 ? preference::fresh : preference::any);
            if (!got) {
                ++all.failures;
                continue;
            }
            held = std::move(*got);
        }
        const auto now = ++all.in_use;
        for (auto most = all.most.load(); most < now && !all.most.compare_exchange_weak(most, now);) {
        }
        if (random() % 2 == 0) co_await boost::asio::post(on.context, core::use_task);  // others run
        --all.in_use;
        if (random() % 16 != 0) held.give_back();
        held.drop();
    }
    --all.left;
    all.left.notify_one();
}

}  // namespace

TEST_CASE("many workers in a hurry never have more connections than the limit, and all are served") {
    const auto limit = GENERATE(std::size_t{1}, std::size_t{2}, std::size_t{7});
    INFO("limit " << limit);
    upstream server;
    const auto slots = std::make_shared<net::connection_slots>();
    std::vector<std::unique_ptr<worker>> workers;
    for (int i = 0; i < 3; ++i) workers.push_back(std::make_unique<worker>(server, slots, options(limit)));
    constexpr int clients = 4, times = 60;
    storm all(limit, 3 * clients);
    for (auto& each : workers) {
        each->run([&] {
            for (unsigned i = 0; i < clients; ++i) core::spawn(use_often(*each, all, i, times));
        });
    }
    for (auto left = all.left.load(); left != 0; left = all.left.load()) all.left.wait(left);
    CHECK(all.failures == 0);
    CHECK(all.most <= limit);
    std::size_t idle = 0;
    for (auto& each : workers) {
        each->run([&] { idle += each->pool->idle(); });
    }
    CHECK(slots->in_use() == idle);
    CHECK(idle <= limit);
}
