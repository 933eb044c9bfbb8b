// The ways to a store: TCP, TLS, a user of an ACL and a database. Others: sentinels_test.cpp,
// cluster_test.cpp.
#include "documented_user.hpp"
#include "replica.hpp"
#include "surveying.hpp"

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
    options.user.password = core::secret_string("open sesame");
    replica a(options);
    replica b(options);
    exercise(a, b);
    redis_client client(server.port());
    client({"AUTH", "open sesame"});
    client({"SELECT", "3"});
    CHECK(client({"EXISTS", fleet_keys_of_test().key(":ev")}).number == 1);
}

TEST_CASE("a user needs the commands of the documented line, and no other") {
    if (!has_redis_server()) return;
    redis_server server;
    const auto line = documented_user(0);
    REQUIRE(server(line).text == "OK");
    auto options = options_for(server);
    options.user.username = "gate";
    options.user.password = core::secret_string("open sesame");
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
    options.user.password = core::secret_string("closed");
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
    survey_hears(options);

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

}  // namespace
