#include <gate/net/connection_pool.hpp>

#include <catch.hpp>
#include <loop.hpp>
#include <optional>
#include <vector>

#include <sys/resource.h>
#include <unistd.h>

using namespace gate;
using namespace std::chrono_literals;
using core::reason;
using net::connection_pool;
using preference = connection_pool::preference;

namespace {

// A listening socket that only accepts.
struct upstream {
    core::tcp_acceptor acceptor;
    std::vector<core::tcp_socket> accepted;

    explicit upstream(test::loop& on)
        : acceptor(on.context.get_executor(), {boost::asio::ip::address_v4::loopback(), 0}) {
        acceptor.non_blocking(true);
    }
    std::shared_ptr<const net::address_list> where() const {
        return std::make_shared<const net::address_list>(net::address_list{acceptor.local_endpoint()});
    }
    std::size_t take() {
        for (core::error_code ec;;) {
            auto socket = acceptor.accept(ec);
            if (ec) return accepted.size();
            accepted.push_back(std::move(socket));
        }
    }
};

using outcome = std::optional<core::result<connection_pool::lease>>;

core::task<> lease(connection_pool& pool, preference which, outcome& out, net::party* who = nullptr) {
    out.emplace(co_await pool.lease_connection(which, who));
}

// May hold `share` connections while they are scarce.
struct party final : net::party {
    std::size_t share;
    std::size_t held = 0;

    explicit party(std::size_t may_hold) : share(may_hold) {}
    void take(bool) noexcept override { ++held; }
    void give_back() noexcept override { --held; }
    bool has_its_share() const noexcept override { return held >= share; }
};

struct fixture {
    test::loop on;
    upstream server{on};
    connection_pool pool;

    explicit fixture(net::pool_options options)
        : pool(on.context.get_executor(), on.wheel, options, [this] { return server.where(); }) {}

    connection_pool::lease get(preference which = preference::any, net::party* who = nullptr) {
        outcome out;
        core::spawn(lease(pool, which, out, who));
        on.run_until([&] { return out.has_value(); });
        return std::move(out->value());
    }
};

constexpr net::pool_options options{
    .max_connections = 2, .idle_timeout = 10s, .connect_timeout = 2s, .wait = 20ms};

}  // namespace

TEST_CASE("a connection that was given back is used again; one that was dropped is not") {
    fixture f(options);
    {
        auto first = f.get();
        CHECK_FALSE(first.is_reused());
        first.give_back();
    }
    CHECK(f.pool.idle() == 1);
    {
        const auto second = f.get();
        CHECK(second.is_reused());
    }
    CHECK(f.pool.idle() == 0);
    CHECK_FALSE(f.get().is_reused());
    CHECK(f.server.take() == 2);
}

TEST_CASE("rule 24: there are never more connections than allowed, and waiting for one has an end") {
    fixture f(options);
    auto a = f.get();
    auto b = f.get();
    outcome third;
    core::spawn(lease(f.pool, preference::any, third));
    f.on.run_until([&] { return third.has_value(); });
    REQUIRE(third->has_error());
    CHECK(third->error() == reason::upstream_busy);
    CHECK(f.server.take() == 2);
}

TEST_CASE("whoever waits gets the connection that comes free") {
    fixture f({.max_connections = 1, .idle_timeout = 10s, .connect_timeout = 2s, .wait = 5s});
    auto first = f.get();
    outcome second;
    core::spawn(lease(f.pool, preference::any, second));
    CHECK_FALSE(second);
    SECTION("given back: reused") {
        first.give_back();
        f.on.run_until([&] { return second.has_value(); });
        CHECK(second->value().is_reused());
    }
    SECTION("dropped: a new one in its place") {
        first.drop();
        f.on.run_until([&] { return second.has_value(); });
        CHECK_FALSE(second->value().is_reused());
    }
    CHECK(f.pool.leased() == 1);
}

TEST_CASE("a party holds a connection as long as the lease") {
    fixture f(options);
    party who(1);
    {
        auto first = f.get(preference::any, &who);
        CHECK(who.held == 1);
        auto moved = std::move(first);
        CHECK(who.held == 1);
        moved.give_back();
        CHECK(who.held == 0);
    }
    {
        const auto idle = f.pool.lease_idle(&who);
        REQUIRE(idle);
        CHECK(who.held == 1);
    }
    CHECK(who.held == 0);
    const auto where = f.server.where();
    f.server.acceptor.close();
    connection_pool nowhere(f.on.context.get_executor(), f.on.wheel, options, [&] { return where; });
    outcome out;
    core::spawn(lease(nowhere, preference::any, out, &who));
    f.on.run_until([&] { return out.has_value(); });
    CHECK(out->has_error());
    CHECK(who.held == 0);
}

TEST_CASE("rule 27: while fewer than an eighth are free, nobody gets more than a share") {
    fixture f({.max_connections = 16, .idle_timeout = 10s, .connect_timeout = 2s, .wait = 20ms});
    party greedy(8), modest(8);
    std::vector<connection_pool::lease> held;
    for (int i = 0; i < 15; ++i) held.push_back(f.get(preference::any, &greedy));
    outcome refused;
    core::spawn(lease(f.pool, preference::any, refused, &greedy));
    REQUIRE(refused.has_value());  // without any wait
    REQUIRE(refused->has_error());
    CHECK(refused->error() == reason::upstream_share_exceeded);

    CHECK(f.get(preference::fresh, &greedy));  // for a request that had its connection
    auto last = f.get(preference::any, &modest);
    CHECK(last);
    last.give_back();
    CHECK_FALSE(f.pool.lease_idle(&greedy));
    CHECK(f.pool.lease_idle(&modest));

    held.resize(14);  // two of sixteen are free
    CHECK(f.get(preference::any, &greedy));
}

TEST_CASE("rule 27: a newcomer is served before those who have their share") {
    fixture f({.max_connections = 2, .idle_timeout = 10s, .connect_timeout = 2s, .wait = 5s});
    party greedy(1), modest(1), other(2);
    auto first = f.get(preference::any, &other);
    auto second = f.get(preference::any, &other);
    outcome has_waited[2], newcomer;
    core::spawn(lease(f.pool, preference::any, has_waited[0], &greedy));
    core::spawn(lease(f.pool, preference::any, has_waited[1], &greedy));
    core::spawn(lease(f.pool, preference::any, newcomer, &modest));
    first.give_back();
    f.on.run_until([&] { return has_waited[0].has_value(); });
    CHECK(greedy.held == 1);
    second.give_back();
    f.on.run_until([&] { return newcomer.has_value(); });
    CHECK_FALSE(has_waited[1].has_value());
    CHECK(modest.held == 1);
    newcomer.reset();
    f.on.run_until([&] { return has_waited[1].has_value(); });
    CHECK(has_waited[1]->has_value());
    CHECK(greedy.held == 2);
}

namespace {

// Something happens on a connection that has just been given back.
void disturb_idle(fixture& f) {
    f.get().give_back();
    REQUIRE(f.server.take() == 1);
    SECTION("the upstream closes it") {
        f.server.accepted.front().close();
    }
    SECTION("the upstream sends what nobody asked for") {
        boost::asio::write(f.server.accepted.front(), boost::asio::buffer("HTTP/1.1 200 OK\r\n\r\n", 19));
    }
}

}  // namespace

TEST_CASE("rule 21: an idle connection on which anything happens is thrown away") {
    fixture f(options);
    disturb_idle(f);
    f.on.run_until([&] { return f.pool.idle() == 0; });
}

TEST_CASE("rule 21: a connection that was given back just now is looked at before it is used again") {
    fixture f(options);
    disturb_idle(f);
    CHECK_FALSE(f.pool.lease_idle());  // the event loop has not asked since
    CHECK(f.pool.idle() == 0);
}

TEST_CASE("rule 21: a connection whose end has come together with the response is not kept") {
    fixture f(options);
    auto used = f.get();
    REQUIRE(f.server.take() == 1);
    bool has_event = false;
    const auto watch = [&] {
        has_event = false;
        used->watch([](void* self, net::wait_status) { *static_cast<bool*>(self) = true; }, &has_event);
    };
    watch();
    if (net::readiness::reports_edges) {  // the first one says nothing
        f.on.run_until([&] { return has_event; });
        watch();
    }
    boost::asio::write(f.server.accepted.front(), boost::asio::buffer("x", 1));
    f.server.accepted.front().close();
    while (!used->peek().ended) {
    }  // so that the event loop is told of both together
    f.on.run_until([&] { return has_event; });
    char response[16];
    REQUIRE(used->try_read(response).bytes == 1);
    used.give_back();
    CHECK(f.pool.idle() == 0);
}

TEST_CASE("an idle connection is dropped after its time") {
    fixture f({.max_connections = 2, .idle_timeout = 20ms, .connect_timeout = 2s, .wait = 1s});
    f.get().give_back();
    CHECK(f.pool.idle() == 1);
    f.on.run_until([&] { return f.pool.idle() == 0; });
}

TEST_CASE("a fresh connection is opened although an idle one is there") {
    fixture f({.max_connections = 1, .idle_timeout = 10s, .connect_timeout = 2s, .wait = 1s});
    f.get().give_back();
    const auto fresh = f.get(preference::fresh);
    CHECK_FALSE(fresh.is_reused());
    CHECK(f.server.take() == 2);
}

TEST_CASE("a refused connection says so, and gives its place back") {
    fixture f({.max_connections = 1, .idle_timeout = 10s, .connect_timeout = 2s, .wait = 1s});
    const auto where = f.server.where();
    f.server.acceptor.close();
    connection_pool pool(f.on.context.get_executor(), f.on.wheel, options, [&] { return where; });
    outcome out;
    core::spawn(lease(pool, preference::any, out));
    f.on.run_until([&] { return out.has_value(); });
    CHECK(out->error() == reason::upstream_refused);
    CHECK(pool.leased() == 0);
}

TEST_CASE("where this process has no descriptor left, the upstream is not to blame") {
    fixture f({.max_connections = 1, .idle_timeout = 10s, .connect_timeout = 2s, .wait = 1s});
    rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
    const int lowest_free = ::dup(0);
    REQUIRE(lowest_free >= 0);
    ::close(lowest_free);
    const rlimit none{static_cast<rlim_t>(lowest_free), before.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
    outcome out;
    core::spawn(lease(f.pool, preference::any, out));
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
    REQUIRE(out);
    CHECK(out->error() == reason::upstream_busy);
    CHECK(f.pool.leased() == 0);
}

TEST_CASE("without an address there is no connection") {
    test::loop on;
    connection_pool pool(on.context.get_executor(), on.wheel, options,
                         [] { return std::make_shared<const net::address_list>(); });
    outcome out;
    core::spawn(lease(pool, preference::any, out));
    REQUIRE(out);
    CHECK(out->error() == reason::upstream_unreachable);
}

TEST_CASE("a lower limit closes idle connections, leaves those in use, and counts as they come back") {
    fixture f({.max_connections = 3, .idle_timeout = 10s, .connect_timeout = 2s, .wait = 20ms});
    auto a = f.get();
    auto b = f.get();
    f.get().give_back();
    REQUIRE(f.pool.idle() == 1);
    f.pool.configure({.max_connections = 1, .idle_timeout = 10s, .connect_timeout = 2s, .wait = 20ms});
    CHECK(f.pool.idle() == 0);
    CHECK(f.pool.leased() == 2);
    a.give_back();
    CHECK(f.pool.idle() == 0);
    outcome third;
    core::spawn(lease(f.pool, preference::any, third));
    f.on.run_until([&] { return third.has_value(); });
    CHECK(third->error() == reason::upstream_busy);
    b.give_back();
    CHECK(f.pool.idle() == 1);
    CHECK(f.get().is_reused());
}

TEST_CASE("who waits when the limit is lowered gets a connection only when there is one to have") {
    fixture f({.max_connections = 2, .idle_timeout = 10s, .connect_timeout = 2s, .wait = 5s});
    auto a = f.get();
    auto b = f.get();
    outcome third;
    core::spawn(lease(f.pool, preference::any, third));
    f.pool.configure({.max_connections = 1, .idle_timeout = 10s, .connect_timeout = 2s, .wait = 5s});
    a.give_back();
    CHECK(f.pool.leased() == 1);
    b.give_back();
    f.on.run_until([&] { return third.has_value(); });
    REQUIRE(third->has_value());
    CHECK(f.pool.leased() == 1);
}

TEST_CASE("a higher limit lets in who waits") {
    fixture f({.max_connections = 1, .idle_timeout = 10s, .connect_timeout = 2s, .wait = 5s});
    const auto a = f.get();
    outcome second;
    core::spawn(lease(f.pool, preference::any, second));
    CHECK_FALSE(second);
    f.pool.configure({.max_connections = 2, .idle_timeout = 10s, .connect_timeout = 2s, .wait = 5s});
    f.on.run_until([&] { return second.has_value(); });
    REQUIRE(second->has_value());
    CHECK(f.pool.leased() == 2);
}

TEST_CASE("without a time for idle connections none is kept from now on") {
    fixture f(options);
    f.get().give_back();
    f.pool.configure({.max_connections = 2, .idle_timeout = 0s, .connect_timeout = 2s, .wait = 20ms});
    CHECK(f.pool.idle() == 0);
    f.get().give_back();
    CHECK(f.pool.idle() == 0);
}

TEST_CASE("connections to an address that has gone are not kept") {
    test::loop on;
    upstream old{on};
    upstream next{on};
    auto where = old.where();
    connection_pool pool(on.context.get_executor(), on.wheel, options, [&] { return where; });
    const auto get = [&] {
        outcome out;
        core::spawn(lease(pool, preference::fresh, out));
        on.run_until([&] { return out.has_value(); });
        return std::move(out->value());
    };
    auto idle = get();
    auto used = get();
    idle.give_back();
    REQUIRE(pool.idle() == 1);

    SECTION("idle ones are closed immediately, the others when they are given back") {
        where = next.where();
        pool.look_at_addresses();
        CHECK(pool.idle() == 0);
        used.give_back();
        CHECK(pool.idle() == 0);
        get().give_back();
        CHECK(pool.idle() == 1);
        CHECK(next.take() == 1);
    }
    SECTION("those whose address is still there stay") {
        where = std::make_shared<const net::address_list>(
            net::address_list{next.acceptor.local_endpoint(), old.acceptor.local_endpoint()});
        pool.look_at_addresses();
        CHECK(pool.idle() == 1);
        used.give_back();
        CHECK(pool.idle() == 2);
    }
}

TEST_CASE("a connection waits for the first answer of the resolver") {
    test::loop on;
    upstream server{on};
    std::shared_ptr<const net::address_list> where;
    constexpr net::pool_options patient{
        .max_connections = 2, .idle_timeout = 10s, .connect_timeout = 200ms, .wait = 20ms};
    connection_pool pool(on.context.get_executor(), on.wheel, patient, [&] { return where; });
    outcome first, second;
    core::spawn(lease(pool, preference::any, first));
    core::spawn(lease(pool, preference::any, second));
    on.context.poll();
    REQUIRE_FALSE((first || second));

    SECTION("and connects to what it names") {
        pool.look_at_addresses();  // of another upstream
        on.context.restart();
        on.context.poll();
        CHECK_FALSE((first || second));
        where = server.where();
        pool.look_at_addresses();
        on.run_until([&] { return first && second; });
        CHECK((*first && *second));
    }
    SECTION("which may be that there is no address") {
        where = std::make_shared<const net::address_list>();
        pool.look_at_addresses();
        on.context.restart();
        on.context.poll();
        REQUIRE((first && first->has_error()));
        CHECK(first->error() == reason::upstream_unreachable);
    }
    SECTION("no longer than for a connection") {
        const auto began = core::clock::now();
        on.run_until([&] { return first && second; });
        CHECK(core::clock::now() - began < 5s);
        REQUIRE(first->has_error());
        CHECK(first->error() == reason::upstream_unreachable);
    }
    on.run_until([&] { return first && second; });
}
