// A worker's pools as they are: real connections to listening sockets. No request is sent.
#include "logged_lines.hpp"

#include <gate/app/worker_memory.hpp>
#include <gate/app/worker_upstreams.hpp>
#include <gate/telemetry/metrics.hpp>

#include <array>
#include <catch.hpp>
#include <deque>
#include <loop.hpp>
#include <made_identity.hpp>
#include <optional>
#include <string>
#include <vector>

using namespace gate;
using namespace std::chrono_literals;
using app::worker_upstreams;
using core::reason;
using preference = net::connection_pool::preference;
using telemetry::connection_state;

namespace {

// A listening socket that only accepts, and what leads to it.
struct upstream {
    core::tcp_acceptor acceptor;
    std::shared_ptr<app::address_book> book = std::make_shared<app::address_book>();
    std::vector<core::tcp_socket> accepted;

    explicit upstream(test::loop& on)
        : acceptor(on.context.get_executor(), {boost::asio::ip::address_v4::loopback(), 0}) {
        acceptor.non_blocking(true);
        book->set({acceptor.local_endpoint()});
    }
    std::size_t connections() {
        for (core::error_code ec;;) {
            auto socket = acceptor.accept(ec);
            if (ec) return accepted.size();
            accepted.push_back(std::move(socket));
        }
    }
    // It is another one, at the same address.
    void move() {
        book = std::make_shared<app::address_book>();
        book->set({acceptor.local_endpoint()});
    }
    // The other side has ended all of its connections, and what it sent has been read.
    bool all_are_closed() {
        connections();
        for (auto& each : accepted) {
            char bytes[256];
            ssize_t got = 1;
            while (got > 0) got = ::recv(each.native_handle(), bytes, sizeof bytes, MSG_DONTWAIT);
            if (got != 0) return false;
        }
        return true;
    }
};

using outcome = std::optional<core::result<protocol::outbound_pointer>>;

core::task<> lease(protocol::outbound_source& from, net::party* holder, outcome& out) {
    out.emplace(co_await from.lease(preference::any, holder));
}

config::config two_connections() {
    config::config out;
    out.limits.upstream_connections = 2;
    out.limits.upstream_share = 100;
    out.limits.upstream_wait = 0s;
    out.upstream.idle_timeout = 60s;
    return out;
}

// For one worker.
struct fixture {
    using named = std::vector<std::pair<std::string, std::size_t>>;  // with the number of the server

    explicit fixture(std::size_t number, config::config with = two_connections()) : options(std::move(with)) {
        for (std::size_t i = 0; i < number; ++i) servers.emplace_back(on);
    }

    // `upstream` is the first server.
    app::worker_settings settings(const named& others) {
        auto next = options;
        app::worker_settings out{nullptr, {servers[0].book}, nullptr};
        for (const auto& [name, server] : others) {
            next.upstreams.push_back({.name = name, .options = next.upstream});
            out.upstreams.push_back(servers[server].book);
        }
        out.snapshot = std::make_shared<proxy::snapshot>(next, ++generation, &metrics.names);
        return out;
    }
    void configure(const named& others) {
        const auto next = settings(others);
        if (subject) {
            subject->configure(next);
        } else {
            subject.emplace(
                worker_upstreams::surroundings{on.context.get_executor(), on.wheel, metrics.worker(0),
                                               accounts, memory.blocks, log.events},
                next);
        }
        places = subject->places(*next.snapshot);
    }
    core::result<protocol::outbound_pointer> get(std::size_t which, net::party* holder = nullptr) {
        return get_from(places[which], holder);
    }
    core::result<protocol::outbound_pointer> get_from(const proxy::upstream_place& place,
                                                      net::party* holder = nullptr) {
        outcome out;
        core::spawn(lease(*place.places, holder, out));
        on.run_until([&] { return out.has_value(); });
        return std::move(*out);
    }
    // A whole request on a connection of its own, or one that is idle: it is kept if it may be.
    void serve_one(std::size_t which) {
        auto place = places[which].places->lease_idle(nullptr);
        if (!place) place = std::move(*get(which));
        auto& server = servers[which];
        on.run_until([&] { return server.connections() > 0; });
        serve_on(*place, server.accepted.back());
    }
    void serve_on(protocol::outbound& place, core::tcp_socket& server) {
        std::string text = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
        place.try_send_head({.text = text, .verb = http::method::get, .framing = {}}, {.is_last = true});
        boost::asio::write(server, boost::asio::buffer(std::string("HTTP/1.1 204 A\r\n\r\n")));
        protocol::response head;
        on.run_until([&] { return place.read_head(head).is_found; });
        place.finish(core::clock::now(), true);
    }
    std::int64_t connections(connection_state in, std::string_view name = {}) {
        const auto which = name.empty() ? telemetry::unnamed : metrics.names.upstreams.index_of(name);
        return metrics.worker(0).upstreams.at(which).connections_in(in).value();
    }

    logged_lines log;
    test::loop on;
    config::config options;
    std::deque<upstream> servers;
    std::uint64_t generation = 0;
    telemetry::metrics metrics{1};
    auth::account_records accounts{100};
    app::worker_memory memory{on.wheel};
    std::optional<worker_upstreams> subject;
    std::vector<proxy::upstream_place> places;
};

}  // namespace

TEST_CASE("rule 17: no connection is made to an https upstream whose files have not been read") {
    auto options = two_connections();
    options.upstream.target.tls = true;
    fixture f(1, options);
    f.configure({});
    CHECK(f.get(0).error() == reason::upstream_tls_failed);
}

TEST_CASE("each upstream has connections of its own, in the order of the configuration") {
    fixture f(3);
    f.configure({{"orders", 1}, {"search", 2}});
    REQUIRE(f.places.size() == 3);
    const auto search = f.get(2);
    REQUIRE(search);
    CHECK(f.servers[2].connections() == 1);
    const auto standard = f.get(0);
    REQUIRE(standard);
    CHECK(f.servers[0].connections() == 1);
    CHECK(f.servers[1].connections() == 0);
}

TEST_CASE("the connections to one upstream may all be in use while others have some") {
    fixture f(2);
    f.configure({{"orders", 1}});
    const auto first = f.get(1), second = f.get(1);
    REQUIRE((first && second));
    const auto third = f.get(1);
    REQUIRE_FALSE(third);
    CHECK(third.error() == reason::upstream_busy);
    const auto elsewhere = f.get(0), again = f.get(0);
    CHECK((elsewhere && again));
}

TEST_CASE("two workers count the connections to one upstream together, and each upstream for itself") {
    fixture f(2);
    f.configure({{"orders", 1}});
    worker_upstreams other({f.on.context.get_executor(), f.on.wheel, f.metrics.worker(0), f.accounts,
                            f.memory.blocks, f.log.events},
                           f.settings({{"orders", 1}}));
    const auto others = other.places(*f.settings({{"orders", 1}}).snapshot);
    const auto first = f.get(1), second = f.get(1);
    CHECK(f.get_from(others[1]).error() == reason::upstream_busy);
    CHECK(f.get_from(others[0]).has_value());
}

TEST_CASE("rule 27: an account that has its share of one upstream has none of another") {
    fixture f(2);
    f.options.limits.upstream_share = 50;
    f.options.limits.upstream_connections = 16;
    f.configure({{"orders", 1}});
    const auto who = auth::identity_for_tests::of("gacct_1");
    const auto from = boost::asio::ip::make_address("192.0.2.1");
    std::array<proxy::upstream_party, 16> parties;
    for (auto& each : parties) each.be(who, from, *f.places[1].sharing);
    proxy::upstream_party elsewhere;
    elsewhere.be(who, from, *f.places[0].sharing);
    {
        std::vector<protocol::outbound_pointer> held;
        for (std::size_t i = 0; i < 15; ++i) held.push_back(std::move(*f.get(1, parties[i].counted())));
        const auto last = f.get(1, parties[15].counted());
        REQUIRE(last.has_error());
        CHECK(last.error() == reason::upstream_share_exceeded);
        CHECK(f.get(0, elsewhere.counted()).has_value());
    }
    CHECK(f.get(1, parties[15].counted()).has_value());
}

TEST_CASE("connections to an upstream that stays are used again after a reload, wherever it stands") {
    fixture f(3);
    f.configure({{"orders", 1}, {"search", 2}});
    f.serve_one(2);
    CHECK(f.connections(connection_state::idle, "search") == 1);
    f.configure({{"search", 2}});
    const auto place = f.places[1].places->lease_idle(nullptr);
    REQUIRE(place);
    CHECK(place->is_reused());
    CHECK(f.servers[2].connections() == 1);
}

TEST_CASE("idle connections to an upstream that goes are closed, and those in use with their last request") {
    fixture f(2);
    f.configure({{"orders", 1}});
    auto held = f.get(1);
    REQUIRE(held);
    f.serve_one(1);
    CHECK(f.servers[1].connections() == 2);
    const auto old_places = std::exchange(f.places, {});  // as a request that has begun before
    f.configure({});
    CHECK(f.connections(connection_state::idle, "orders") == 0);
    CHECK(f.connections(connection_state::active, "orders") == 1);
    CHECK_FALSE(f.servers[1].all_are_closed());
    f.serve_on(**held, f.servers[1].accepted[0]);
    held->reset();
    CHECK(f.connections(connection_state::active, "orders") == 0);
    CHECK(f.connections(connection_state::idle, "orders") == 0);
    CHECK(f.servers[1].all_are_closed());
}

TEST_CASE("an upstream under another name has other connections") {
    fixture f(2);
    f.configure({{"orders", 1}});
    f.serve_one(1);
    f.servers[1].move();  // as upstream_directory does it
    f.configure({{"purchases", 1}});
    CHECK(f.connections(connection_state::idle, "orders") == 0);
    CHECK_FALSE(f.places[1].places->lease_idle(nullptr));
    CHECK(f.get(1));
    CHECK(f.connections(connection_state::active, "purchases") == 0);
}

TEST_CASE("the limits of a new configuration hold for each upstream") {
    fixture f(2);
    f.configure({{"orders", 1}});
    f.options.limits.upstream_connections = 1;
    f.options.upstream.idle_timeout = 0s;
    f.configure({{"orders", 1}});
    for (const std::size_t each : {0u, 1u}) {
        const auto first = f.get(each);
        REQUIRE(first);
        CHECK(f.get(each).error() == reason::upstream_busy);
    }
    f.serve_one(1);
    CHECK(f.connections(connection_state::idle, "orders") == 0);
}

TEST_CASE("an upstream that nobody has found yet hinders no other") {
    fixture f(2);
    f.servers[1].book = std::make_shared<app::address_book>();
    f.configure({{"lost", 1}});
    const auto lost = f.get(1);
    REQUIRE_FALSE(lost);
    CHECK(lost.error() == reason::upstream_unreachable);
    CHECK(f.get(0));
}

TEST_CASE("while a worker drains, no upstream keeps connections, nor does one that is new") {
    fixture f(3);
    f.configure({{"orders", 1}});
    f.serve_one(1);
    f.subject->drain();
    CHECK(f.servers[1].all_are_closed());
    f.configure({{"orders", 1}, {"search", 2}});
    f.serve_one(1);
    f.serve_one(2);
    CHECK(f.connections(connection_state::idle, "orders") == 0);
    CHECK(f.connections(connection_state::idle, "search") == 0);
}

TEST_CASE("connections are counted under the name of their upstream") {
    fixture f(2);
    f.configure({{"orders", 1}});
    {
        const auto held = f.get(1);
        CHECK(f.connections(connection_state::active, "orders") == 1);
        CHECK(f.connections(connection_state::active) == 0);
    }
    CHECK(f.connections(connection_state::active, "orders") == 0);
    const auto held = f.get(0);
    CHECK(f.connections(connection_state::active) == 1);
}
