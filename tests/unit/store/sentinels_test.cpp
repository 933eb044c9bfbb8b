// Sentinels that say where the store is: who they follow, whom they let in, and what they do not tell.
#include "documented_user.hpp"
#include "replica.hpp"
#include "surveying.hpp"

#include <catch.hpp>
#include <fstream>

namespace {

using namespace gate;
using namespace gate::test;

std::string written(const temporary_directory& into, const std::string& name, const std::string& text) {
    const auto path = into.path() + "/" + name;
    std::ofstream(path) << text;
    return path;
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

// A store, and one sentinel of it. They have passwords of their own.
struct guarded_sentinel {
    redis_server store{{"--requirepass", "of the store"}, free_port()};
    temporary_directory files;
    redis_server own;

    explicit guarded_sentinel(const std::string& access)
        : own({written(files, "sentinel.conf",
                       "sentinel monitor mymaster 127.0.0.1 " + std::to_string(store.port()) +
                           " 1\nsentinel auth-pass mymaster \"of the store\"\n" + access),
               "--sentinel"},
              free_port()) {}

    store::fleet_log_options options() const {
        auto out = options_for("redis+sentinel://127.0.0.1:" + std::to_string(own.port()) + "/mymaster");
        out.user.password = core::secret_string("of the store");
        return out;
    }
};

constexpr const char* with_password = "requirepass \"of the sentinel\"\n";

TEST_CASE("sentinels have a password of their own") {
    if (!has_redis_server()) return;
    const guarded_sentinel there(with_password);
    auto options = there.options();
    options.sentinel.password = core::secret_string("of the sentinel");
    replica a(options);
    replica b(options);
    exercise(a, b);
    survey_hears(options);
}

TEST_CASE("a user at sentinels needs the right of the documented line, and no other") {
    if (!has_redis_server()) return;
    guarded_sentinel there("");
    REQUIRE(there.own(documented_user(1)).text == "OK");
    REQUIRE(there.own({"ACL", "SETUSER", "default", "off"}).text == "OK");
    auto options = there.options();
    options.sentinel = {"gate", core::secret_string("open sesame")};
    replica a(options);
    replica b(options);
    exercise(a, b);
    survey_hears(options);
}

TEST_CASE("the password of the store is not for sentinels") {
    if (!has_redis_server()) return;
    const guarded_sentinel there("");  // it refuses any password
    replica a(there.options());
    a.until_there();
}

TEST_CASE("why a sentinel does not tell where the store is is said") {
    if (!has_redis_server()) return;
    const guarded_sentinel there(with_password);
    const auto name = "the sentinel 127.0.0.1:" + std::to_string(there.own.port());
    auto options = there.options();
    notebook by;
    SECTION("it needs a password") {
        const auto found = survey(options, by);
        CHECK(found.failure == store::fault::refused);
        CHECK(found.said == name + ": NOAUTH");
    }
    SECTION("it needs another password") {
        options.sentinel.password = options.user.password;
        const auto found = survey(options, by);
        CHECK(found.failure == store::fault::refused);
        CHECK(found.said == name + ": WRONGPASS");
    }
    SECTION("it knows another name") {
        options.sentinel.password = core::secret_string("of the sentinel");
        options.url.master = "other";
        const auto found = survey(options, by);
        CHECK(found.failure == store::fault::failed);
        CHECK(found.said == name + ": knows no store named other");
    }
    SECTION("nobody listens at the first one") {
        options.url.hosts.insert(options.url.hosts.begin(), {"127.0.0.1", free_port()});
        const auto found = survey(options, by);
        CHECK(found.failure == store::fault::refused);
        CHECK(found.said == name + ": NOAUTH");
    }
}

}  // namespace
