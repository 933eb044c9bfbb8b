// Connections of a pool to an upstream that speaks TLS: real handshakes, with OpenSSL as the upstream.
#include "tls_pair.hpp"

#include <gate/net/connection_pool.hpp>

#include <catch.hpp>
#include <deque>

using namespace gate;
using namespace std::chrono_literals;
using core::reason;
using net::connection_pool;
using preference = connection_pool::preference;

namespace {

using outcome = std::optional<core::result<connection_pool::lease>>;

core::task<> lease(connection_pool& pool, outcome& out) {
    out.emplace(co_await pool.lease_connection(preference::any));
}

struct noted_failures final : net::tls_failures {
    std::vector<std::pair<reason, std::string>> all;
    void note(reason why, std::string_view what) noexcept override { all.emplace_back(why, what); }
};

struct fixture {
    test::loop on;
    core::tcp_acceptor acceptor{on.context.get_executor(), {boost::asio::ip::address_v4::loopback(), 0}};
    test::ssl_context server = test::known_server_peer();
    std::deque<core::tcp_socket> sockets;
    std::deque<test::tls_peer> peers;
    noted_failures failures;
    std::uint64_t generation = 0;
    std::optional<connection_pool> pool;

    fixture() {
        acceptor.non_blocking(true);
        const auto where = std::make_shared<const net::address_list>(
            net::address_list{core::stream_protocol::endpoint(acceptor.local_endpoint())});
        pool.emplace(
            on.context.get_executor(), on.wheel,
            net::pool_options{.max_connections = 4, .idle_timeout = 60s, .connect_timeout = 5s, .wait = 20ms},
            [where] { return where; }, connection_pool::surroundings{.insecure = &failures});
    }

    net::upstream_tls trusting(const std::string& ca_pem, std::string name = "app.test") {
        net::client_tls_material material;
        material.ca_pem = ca_pem;
        const auto shared = std::make_shared<const net::client_tls_material>(material);
        return {shared, std::move(name), test::make_client(material), ++generation};
    }
    net::upstream_tls good() { return trusting(test::known_certificates::get().ca.pem); }

    void run_until(const std::function<bool()>& done) {
        on.run_until([&] {
            core::error_code ec;
            if (auto socket = acceptor.accept(ec); !ec) {
                sockets.push_back(std::move(socket));
                peers.emplace_back(server.get(), test::tls_peer::role::server, sockets.back());
            }
            for (auto& each : peers) each.work();
            return done();
        });
    }
    core::result<connection_pool::lease> get() {
        outcome out;
        core::spawn(lease(*pool, out));
        run_until([&] { return out.has_value(); });
        return std::move(*out);
    }
};

}  // namespace

TEST_CASE("a pool makes its connections secure, and uses them again") {
    fixture f;
    f.pool->use(f.good());
    auto first = f.get();
    REQUIRE(first.has_value());
    REQUIRE(net::facts_of(**first) != nullptr);
    first->give_back();
    auto second = f.get();
    REQUIRE(second.has_value());
    CHECK(second->is_reused());
    CHECK(f.peers.size() == 1);
    CHECK(f.failures.all.empty());
}

TEST_CASE("tickets that come late leave a kept connection in the pool, a close_notify takes it out") {
    fixture f;
    f.pool->use(f.good());
    f.get()->give_back();
    REQUIRE(f.pool->idle() == 1);
    f.run_until([&] { return f.peers.front().is_done(); });
    SSL_new_session_ticket(f.peers.front().ssl());
    SSL_do_handshake(f.peers.front().ssl());
    CHECK(f.get()->is_reused());
    f.get()->give_back();
    CHECK(f.pool->idle() == 1);
    f.peers.back().send_close_notify();
    f.run_until([&] { return f.pool->idle() == 0; });
}

TEST_CASE("after a change of TLS, no connection of before is kept") {
    fixture f;
    const auto before = f.good();
    f.pool->use(before);
    auto used = f.get();
    f.get()->give_back();
    REQUIRE(f.pool->idle() == 1);
    SECTION("nothing has changed") {
        f.pool->use({before.material, before.server_name, test::trusting_client(), 7});
        CHECK(f.pool->idle() == 1);
        CHECK(f.pool->tls().generation == 1);
    }
    SECTION("other authorities") {
        f.pool->use(f.good());
        CHECK(f.pool->idle() == 0);
        used->give_back();
        CHECK(f.pool->idle() == 0);
        f.get()->give_back();
        CHECK(f.pool->idle() == 1);
    }
    SECTION("another name") {
        f.pool->use({before.material, "127.0.0.1", before.context, 7});
        CHECK(f.pool->idle() == 0);
        CHECK_FALSE(f.get()->is_reused());
    }
}

TEST_CASE("rule 17: a connection that is not verified is none") {
    fixture f;
    SECTION("an unknown authority") {
        f.pool->use(f.trusting(make_ca("stranger").pem));
        CHECK(f.get().error() == reason::upstream_tls_untrusted);
    }
    SECTION("another name") {
        f.pool->use(f.trusting(test::known_certificates::get().ca.pem, "other.test"));
        CHECK(f.get().error() == reason::upstream_tls_name);
    }
    SECTION("no context: it could not be made") {
        auto none = f.good();
        none.context = nullptr;
        f.pool->use(none);
        CHECK(f.get().error() == reason::upstream_tls_failed);
    }
    REQUIRE(f.failures.all.size() == 1);
    CHECK_FALSE(f.failures.all[0].second.empty());
    CHECK(f.pool->leased() == 0);
}
