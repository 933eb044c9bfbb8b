// The ways to a store: TCP, TLS, a user of an ACL, a database, sentinels and a cluster.
#include "replica.hpp"

#include <gate/store/connection.hpp>
#include <gate/store/directory.hpp>

#include <catch.hpp>
#include <certificates.hpp>
#include <fstream>

namespace {

using namespace gate;
using namespace gate::test;

std::string url_of(std::uint16_t port, const std::string& scheme = "redis") {
    return scheme + "://127.0.0.1:" + std::to_string(port);
}

TEST_CASE("a store is used over TCP, in a database, with a password") {
    if (!has_redis_server()) return;
    redis_server server({"--requirepass", "open sesame"}, free_port());
    auto options = options_for(url_of(server.port()) + "/3");
    options.password = core::secret_string("open sesame");
    replica a(options);
    replica b(options);
    exercise(a, b);
    redis_client client(server.port());
    client({"AUTH", "open sesame"});
    client({"SELECT", "3"});
    CHECK(client({"EXISTS", fleet_keys_of_test().key(":ev")}).number == 1);
}

// The line of README.md that gives a store's user its rights, as words; its password is "open sesame".
std::vector<std::string> documented_user() {
    std::ifstream file(GATE_README);
    std::vector<std::string> out;
    for (std::string word; file >> word;) {
        if (out.size() == 1 && word != "SETUSER") out.clear();
        if (out.empty() && word != "ACL") continue;
        if (word == "```") break;
        out.push_back(word == ">PASSWORD" ? ">open sesame" : word);
    }
    return out;
}

TEST_CASE("a user needs the commands of the documented line, and no other") {
    if (!has_redis_server()) return;
    redis_server server;
    const auto line = documented_user();
    REQUIRE(server(line).text == "OK");
    auto options = options_for(server);
    options.username = "gate";
    options.password = core::secret_string("open sesame");
    const auto& keys = fleet_keys_of_test();
    // What must be healed is part of it.
    server({"HSET", keys.key(":b"), "field", std::string(100'000, 'x'), "other", "not sealed"});
    server({"XADD", keys.key(":ev"), "*", "m", std::string(100'000, 'x')});
    for (const auto* const suffix : {":c", ":k", ":n"}) server({"SET", keys.key(suffix), "not ours"});
    replica a(options);
    replica b(options);
    exercise(a, b);
    a.until([&] { return server({"HLEN", keys.key(":b")}).number == 1; });
    server({"SET", keys.key(":ev"), "not ours"});
    exercise(a, b);
    const auto refused = server({"ACL", "LOG"});
    CHECK(refused.items.empty());
    const auto used = server({"INFO", "commandstats"}).text;
    for (const auto& word : line) {
        if (!word.starts_with('+') || word == "+select") continue;  // that is for a URL with a database
        INFO(word);
        CHECK(used.find("cmdstat_" + word.substr(1) + ":") != std::string::npos);
    }
}

TEST_CASE("a password that is wrong leaves the store away") {
    if (!has_redis_server()) return;
    redis_server server({"--requirepass", "open sesame"});
    auto options = options_for(server);
    options.password = core::secret_string("closed");
    replica a(options);
    a.until([&] {
        redis_client client(server.socket());
        client({"AUTH", "open sesame"});
        return client({"INFO", "commandstats"}).text.find("cmdstat_auth:calls=2") != std::string::npos;
    });
    CHECK_FALSE(a.log.stats().is_connected);
}

std::string written(const temporary_directory& into, const std::string& name, const std::string& text) {
    const auto path = into.path() + "/" + name;
    std::ofstream(path) << text;
    return path;
}

// A store of "localhost" that speaks TLS alone, with clients whose certificates are of `ca`.
struct tls_store {
    temporary_directory files;
    certificate ca = make_ca("store CA");
    certificate own = make_certificate(ca, "DNS:localhost");
    std::uint16_t port = free_port();
    redis_server server{{"--tls-port", std::to_string(port), "--tls-cert-file",
                         written(files, "cert", own.pem), "--tls-key-file",
                         written(files, "key", own.key_pem), "--tls-ca-cert-file",
                         written(files, "ca", ca.pem), "--tls-auth-clients", "yes"}};

    store::fleet_log_options options() const {
        return options_for("rediss://localhost:" + std::to_string(port));
    }
    // Of a client whose certificate is of `other`.
    net::client_tls_material material_of(const certificate& other) const {
        const auto client = make_certificate(other, "DNS:sidecar");
        net::client_tls_material out;
        out.ca_pem = ca.pem;
        out.own.emplace();
        out.own->chain_pem = client.pem;
        out.own->key_pem = core::secret_string(client.key_pem);
        return out;
    }
};

TEST_CASE("other TLS files are used for the next connection to the store") {
    if (!has_redis_server()) return;
    const tls_store there;
    auto options = there.options();
    options.tls = std::make_shared<const net::client_tls_material>(there.material_of(make_ca("another CA")));
    replica a(options);
    const auto until = core::clock::now() + std::chrono::milliseconds(1'200);  // two tries
    a.until([&] { return core::clock::now() > until; });
    REQUIRE_FALSE(a.log.stats().is_connected);
    a.log.use_tls(std::make_shared<const net::client_tls_material>(there.material_of(there.ca)));
    a.until_there();
}

TEST_CASE("a store is used over TLS: its chain and its name are verified, and ours is shown") {
    if (!has_redis_server()) return;
    const tls_store there;
    auto options = there.options();
    auto material = there.material_of(there.ca);
    options.tls = std::make_shared<const net::client_tls_material>(material);
    replica a(options);
    replica b(options);
    exercise(a, b);

    options.tls_server_name = "valkey";
    replica misnamed(options);
    material.ca_pem = make_ca("another CA").pem;
    options.tls_server_name.clear();
    options.tls = std::make_shared<const net::client_tls_material>(material);
    replica untrusting(options);
    const auto until = core::clock::now() + std::chrono::milliseconds(1'200);  // two tries of each
    a.until([&] { return core::clock::now() > until; });
    CHECK_FALSE(misnamed.log.stats().is_connected);
    CHECK_FALSE(untrusting.log.stats().is_connected);
}

TEST_CASE("the fleet follows a fail-over that sentinels tell of") {
    if (!has_redis_server()) return;
    redis_server first({}, free_port());
    redis_server second({"--replicaof", "127.0.0.1 " + std::to_string(first.port())}, free_port());
    const temporary_directory files;
    const auto config = written(files, "sentinel.conf",
                                "sentinel monitor mymaster 127.0.0.1 " + std::to_string(first.port()) +
                                    " 1\nsentinel down-after-milliseconds mymaster 300\n"
                                    "sentinel failover-timeout mymaster 2000\n");
    redis_server sentinel({config, "--sentinel"}, free_port());
    const auto nobody = free_port();
    const auto options = options_for("redis+sentinel://127.0.0.1:" + std::to_string(nobody) +
                                     ",127.0.0.1:" + std::to_string(sentinel.port()) + "/mymaster");
    replica a(options);
    replica b(options);
    exercise(a, b);
    a.until([&] {
        return second({"INFO", "replication"}).text.find("master_link_status:up") != std::string::npos &&
               sentinel({"SENTINEL", "REPLICAS", "mymaster"}).items.size() == 1;
    });
    first.kill();
    a.until([&] { return !a.log.stats().is_connected && !b.log.stats().is_connected; });
    a.until([&] { return a.log.stats().is_connected && b.log.stats().is_connected; });
    exercise(a, b);
    CHECK(second({"ROLE"}).text_at(0) == "master");
}

TEST_CASE("a sentinel that knows only of a store that has gone is not asked again and again") {
    if (!has_redis_server()) return;
    redis_server server({}, free_port());
    const temporary_directory files;
    const auto watching = [&](const std::string& name, std::uint16_t port) {
        return written(files, name, "sentinel monitor mymaster 127.0.0.1 " + std::to_string(port) + " 2\n");
    };
    redis_server isolated({watching("isolated", free_port()), "--sentinel"}, free_port());
    redis_server sentinel({watching("sentinel", server.port()), "--sentinel"}, free_port());
    replica a(options_for("redis+sentinel://127.0.0.1:" + std::to_string(isolated.port()) +
                          ",127.0.0.1:" + std::to_string(sentinel.port()) + "/mymaster"));
    a.until_there();
}

std::string known_id(redis_server& node) {
    return node({"CLUSTER", "MYID"}).text;
}

TEST_CASE("the fleet follows its slot through a cluster") {
    if (!has_redis_server()) return;
    const auto arguments = [](std::uint16_t bus) {
        return std::vector<std::string>{"--cluster-enabled", "yes", "--cluster-port", std::to_string(bus)};
    };
    const auto bus = free_port();
    redis_server holder(arguments(bus), free_port());
    redis_server other(arguments(free_port()), free_port());
    REQUIRE_FALSE(holder({"CLUSTER", "ADDSLOTSRANGE", "0", "16383"}).is_error());
    REQUIRE_FALSE(other({"CLUSTER", "MEET", "127.0.0.1", std::to_string(holder.port()), std::to_string(bus)})
                      .is_error());
    // It leads from a node that does not hold the slot to the one that does.
    const auto options = options_for(url_of(other.port(), "redis+cluster"));
    replica a(options);
    const auto is_ready = [](redis_server& node) {
        const auto info = node({"CLUSTER", "INFO"}).text;
        return info.find("cluster_state:ok") != std::string::npos &&
               info.find("cluster_known_nodes:2") != std::string::npos;
    };
    a.until([&] { return is_ready(holder) && is_ready(other); });
    // A newcomer that begins at the wrong node follows immediately: it has a second before it is ready.
    const auto begun = core::clock::now();
    replica b(options);
    b.until_there();
    CHECK(core::clock::now() - begun < store::connection::patience);
    exercise(a, b);
    CHECK(holder({"EXISTS", fleet_keys_of_test().key(":ev")}).number == 1);

    // The slot moves, and nothing in it with it.
    const auto slot = std::to_string(holder({"CLUSTER", "KEYSLOT", fleet_keys_of_test().key(":ev")}).number);
    const auto id = known_id(other);
    holder({"FLUSHALL"});
    REQUIRE_FALSE(other({"CLUSTER", "SETSLOT", slot, "NODE", id}).is_error());
    a.until([&] {
        holder({"FLUSHALL"});
        return !holder({"CLUSTER", "SETSLOT", slot, "NODE", id}).is_error();
    });
    using kind = auth::fleet_turn::kind;
    a.until([&] { return a.begin(token_named("moved to a")).step == kind::go; });
    b.until([&] { return b.begin(token_named("moved to b")).step == kind::go; });
    CHECK(other({"EXISTS", fleet_keys_of_test().key(":n")}).number == 1);
    exercise(a, b);
}

TEST_CASE("where a node of a cluster sends us is read") {
    CHECK(store::host_in_redirection("MOVED 3999 10.0.0.1:6381") == config::store_host{"10.0.0.1", 6381});
    CHECK(store::host_in_redirection("MOVED 3999 :6381") == config::store_host{"", 6381});
    CHECK(store::host_in_redirection("MOVED 3999 ::1:6381") == config::store_host{"::1", 6381});
    for (const std::string_view bad : {"", "MOVED", "MOVED 3999", "MOVED 3999 host", "MOVED 3999 host:",
                                       "MOVED 3999 host:0", "MOVED 3999 host:99999", "MOVED 3999 ho\tst:1"}) {
        INFO(bad);
        CHECK_FALSE(store::host_in_redirection(bad));
    }
}

}  // namespace
