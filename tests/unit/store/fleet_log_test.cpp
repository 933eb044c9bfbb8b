// Replicas on a real redis-server.
#include "replica.hpp"

#include <gate/store/fleet_requests.hpp>

#include <algorithm>
#include <catch.hpp>

namespace {

using namespace gate;
using namespace gate::test;
using auth::fleet_kind;
using kind = auth::fleet_turn::kind;
using std::chrono::milliseconds;

TEST_CASE("one replica asks, the others wait, and hear the answer") {
    if (!has_redis_server()) return;
    redis_server server;
    replica a(options_for(server));
    replica b(options_for(server));
    a.until_there();
    b.until_there();
    const auto token = token_named("agt_1");

    const auto first = a.begin(token);
    REQUIRE(first.step == kind::go);
    CHECK(first.lock != 0);
    const auto second = b.begin(token);
    REQUIRE(second.step == kind::wait);
    REQUIRE(second.held_since);
    CHECK(abs(*second.held_since - first.at) < std::chrono::seconds(1));
    REQUIRE(second.life);
    CHECK(*second.life <= milliseconds(300));

    a.finish(first);
    b.until([&] { return has_heard(b, fleet_kind::verdict, token); });
    a.until([&] { return has_heard(a, fleet_kind::verdict, token); });
    const auto heard = b.listener.messages().front();
    CHECK(heard.at == first.at);
    CHECK(heard.account == "gacct_1");

    // Who has not read the answer is told where it stands; who has may ask again.
    const auto third = b.begin(token);
    REQUIRE(third.step == kind::read);
    CHECK(third.answer <= b.listener.position());
    CHECK(b.begin(token, {}, third.held).step == kind::go);
    const auto other = token_named("agt_2");
    a.finish(a.begin(other));
    a.until([&] { return has_heard(a, fleet_kind::verdict, other); });
    CHECK(a.begin(other, a.listener.position()).step == kind::go);
}

TEST_CASE("a lock lives on for as long as its call takes, and ends with its owner") {
    if (!has_redis_server()) return;
    redis_server server;
    replica b(options_for(server));
    b.until_there();
    const auto token = token_named("agt_1");
    {
        replica a(options_for(server));
        a.until_there();
        REQUIRE(a.begin(token).step == kind::go);
        const auto end = core::clock::now() + milliseconds(700);
        b.until([&] { return core::clock::now() > end; });
        CHECK(b.begin(token).step == kind::wait);
    }
    b.until([&] { return b.begin(token).step == kind::go; });
}

store::fleet_log_options impatient(const redis_server& server) {
    auto out = options_for(server);
    out.timeout = milliseconds(20);
    return out;
}

TEST_CASE("a lock that was taken for somebody who had given up is given back") {
    if (!has_redis_server()) return;
    redis_server server;
    replica a(impatient(server));
    replica b(options_for(server));
    a.until_there();
    b.until_there();
    b.finish(b.begin(token_named("agt_2")));  // the store knows the script
    const auto token = token_named("agt_1");
    server.pause();
    CHECK(a.begin(token).step == kind::away);
    server.go_on();
    b.until([&] { return has_heard(b, fleet_kind::release, token); });
    CHECK(b.begin(token).step == kind::go);
}

TEST_CASE("a lock is given back by its owner alone") {
    if (!has_redis_server()) return;
    redis_server server;
    replica a(impatient(server));
    a.until_there();
    a.finish(a.begin(token_named("agt_2")));  // the store knows the script
    const auto token = token_named("agt_1");
    const auto lock = store::key_names(fleet_keys_of_test()).lock(token);
    server({"SET", lock, "another's"});
    server.pause();
    CHECK(a.begin(token).step == kind::away);
    server.go_on();
    a.until([&] { return a.begin(token_named("agt_3")).step == kind::go; });
    CHECK(server({"GET", lock}).text == "another's");
    CHECK_FALSE(has_heard(a, fleet_kind::release, token));
}

TEST_CASE("the fleet's budget is used up together") {
    if (!has_redis_server()) return;
    redis_server server;
    replica a(options_for(server));
    replica b(options_for(server));
    a.until_there();
    b.until_there();
    CHECK(a.begin(token_named("1"), {}, {}, 2).step == kind::go);
    CHECK(b.begin(token_named("2"), {}, {}, 2).step == kind::go);
    const auto third = b.begin(token_named("3"), {}, {}, 2);
    REQUIRE(third.step == kind::later);
    CHECK(third.pause > milliseconds(50'000));
    CHECK(third.pause <= milliseconds(61'000));
    CHECK_FALSE(third.for_waste);
}

TEST_CASE("a revocation, a purge and a block are told to all, in the store's time") {
    if (!has_redis_server()) return;
    redis_server server;
    replica a(options_for(server));
    replica b(options_for(server));
    a.until_there();
    b.until_there();
    const auto token = token_named("agt_1");
    CHECK(a.publish(revocation_of(token)));
    b.until([&] { return has_heard(b, fleet_kind::revocation, token); });
    auth::fleet_notice purge;
    purge.kind = fleet_kind::purge;
    purge.fingerprint = "0123456789ab";
    purge.at = core::clock::now();
    CHECK(a.publish(purge));
    b.until([&] { return has_heard(b, fleet_kind::purge, {}); });
    const auto all = b.listener.messages();
    const auto purged = std::ranges::find(all, fleet_kind::purge, &auth::fleet_message::kind);
    CHECK(purged->fingerprint == "0123456789ab");
    auth::fleet_notice block;
    block.kind = fleet_kind::block;
    block.account = "gacct_1";
    block.at = core::clock::now();
    block.until = core::never;
    CHECK(a.publish(block));
    b.until([&] { return b.listener.blocks().size() == 1; });
    CHECK(b.listener.blocks()[0].until == auth::store_never);

    // A lifting follows the block that it lifts, though our clock may say that it came before it.
    const auto record = fleet_keys_of_test().key(":b");
    b.until([&] { return server({"HLEN", record}).number == 1; });
    const std::string blocked(server({"HVALS", record}).text_at(0));
    block.until = block.at;
    CHECK(b.publish(block));
    a.until([&] {
        const auto known = a.listener.blocks();
        return known.size() == 1 && known[0].until <= known[0].at;
    });

    // A newcomer learns it from what outlives the log, which is written after the log.
    a.until([&] { return server({"HVALS", record}).text_at(0) != blocked; });
    server({"DEL", fleet_keys_of_test().key(":ev")});
    replica c(options_for(server));
    c.until_there();
    REQUIRE(c.listener.blocks().size() == 1);
    CHECK(c.listener.blocks()[0].until <= c.listener.blocks()[0].at);
}

TEST_CASE("without a store nobody waits, and what was said is told when it is there") {
    if (!has_redis_server()) return;
    redis_server server;
    server.kill();
    replica a(options_for(server));
    const auto begun = core::clock::now();
    CHECK(a.begin(token_named("agt_1")).step == kind::away);
    CHECK_FALSE(a.publish(revocation_of(token_named("agt_1"))));
    CHECK(core::clock::now() - begun < milliseconds(400));
    server.start();
    a.until_there();
    a.until([&] { return has_heard(a, fleet_kind::revocation, token_named("agt_1")); });
}

TEST_CASE("a store that comes back empty hears young revocations and blocks again") {
    if (!has_redis_server()) return;
    redis_server server;
    replica a(options_for(server));
    a.until_there();
    const auto token = token_named("agt_1");
    REQUIRE(a.publish(revocation_of(token)));
    auth::fleet_notice block;
    block.kind = fleet_kind::block;
    block.account = "gacct_1";
    block.at = core::clock::now();
    block.until = core::never;
    REQUIRE(a.publish(block));
    a.until([&] { return a.listener.blocks().size() == 1; });
    const auto connections = a.listener.connections();

    server.kill();
    a.until([&] { return !a.log.stats().is_connected; });
    CHECK(a.begin(token).step == kind::away);
    server.start();
    a.until([&] { return a.listener.connections() > connections; });
    a.until_there();
    replica b(options_for(server));
    b.until_there();
    b.until([&] { return has_heard(b, fleet_kind::revocation, token) && b.listener.blocks().size() == 1; });
}

TEST_CASE("a store that is wiped while connections stay is another history, and hears everything again") {
    if (!has_redis_server()) return;
    redis_server server;
    replica a(options_for(server));
    a.until_there();
    const auto token = token_named("agt_1");
    REQUIRE(a.publish(revocation_of(token)));
    a.until([&] { return has_heard(a, fleet_kind::revocation, token); });
    server({"FLUSHALL"});
    replica b(options_for(server));
    b.until_there();
    b.until([&] { return has_heard(b, fleet_kind::revocation, token); });
}

TEST_CASE("a store that is stopped is away after three commands, and there again by itself") {
    if (!has_redis_server()) return;
    redis_server server;
    auto options = options_for(server);
    options.timeout = milliseconds(100);
    replica a(options);
    a.until_there();
    server.pause();
    const auto begun = core::clock::now();
    for (int i = 0; i < 3; ++i) CHECK(a.begin(token_named("agt_1")).step == kind::away);
    CHECK(core::clock::now() - begun >= milliseconds(300));
    CHECK_FALSE(a.log.stats().is_connected);
    CHECK(a.listener.times_away() >= 3);
    const auto from = core::clock::now();
    CHECK(a.begin(token_named("agt_1")).step == kind::away);
    CHECK(core::clock::now() - from < milliseconds(100));
    server.go_on();
    a.until([&] { return a.log.stats().is_connected; });
    a.until([&] { return a.begin(token_named("agt_2")).step == kind::go; });
}

TEST_CASE("a store that forgets its scripts is told them again") {
    if (!has_redis_server()) return;
    redis_server server;
    replica a(options_for(server));
    a.until_there();
    REQUIRE(a.begin(token_named("agt_1")).step == kind::go);
    server({"SCRIPT", "FLUSH"});
    CHECK(a.begin(token_named("agt_2")).step == kind::go);
}

TEST_CASE("a store that is full or read-only is away, and there again without help") {
    if (!has_redis_server()) return;
    redis_server server;
    replica a(options_for(server));
    a.until_there();
    const bool is_full = GENERATE(true, false);
    if (is_full) {
        server({"CONFIG", "SET", "maxmemory", "1"});
    } else {
        server({"REPLICAOF", "127.0.0.1", "1"});
    }
    for (int i = 0; i < 3; ++i) CHECK(a.begin(token_named("agt_1")).step == kind::away);
    CHECK_FALSE(a.log.stats().is_connected);
    CHECK_FALSE(a.publish(revocation_of(token_named("agt_1"))));
    if (is_full) {
        server({"CONFIG", "SET", "maxmemory", "0"});
    } else {
        server({"REPLICAOF", "NO", "ONE"});
    }
    a.until([&] { return a.log.stats().is_connected; });
    a.until([&] { return has_heard(a, fleet_kind::revocation, token_named("agt_1")); });
}

TEST_CASE("connections that are cut are made again") {
    if (!has_redis_server()) return;
    redis_server server;
    replica a(options_for(server));
    a.until_there();
    const auto connections = a.listener.connections();
    const auto turn = a.begin(token_named("agt_1"));
    server({"CLIENT", "KILL", "TYPE", "NORMAL"});
    a.until([&] { return a.listener.connections() >= connections + 2; });
    a.until_there();
    // What lived through it is not told.
    a.finish(turn);
    REQUIRE(a.publish(revocation_of(token_named("agt_2"))));
    a.until([&] { return has_heard(a, fleet_kind::revocation, token_named("agt_2")); });
    CHECK_FALSE(has_heard(a, fleet_kind::verdict, token_named("agt_1")));
}

TEST_CASE("a replica that cannot read the log is on its own until it can") {
    if (!has_redis_server()) return;
    redis_server server;
    server({"ACL", "SETUSER", "default", "-xread"});
    replica a(options_for(server));
    a.until([&] { return a.log.stats().is_connected; });
    const auto away = a.listener.times_away();
    a.until([&] { return !a.log.stats().is_connected; });
    CHECK(a.listener.times_away() > away);
    CHECK(a.begin(token_named("agt_1")).step == kind::away);
    server({"ACL", "SETUSER", "default", "+xread"});
    a.until_there();
    CHECK(a.begin(token_named("agt_1")).step == kind::go);
}

TEST_CASE("replicas are counted, and leave with their beat") {
    if (!has_redis_server()) return;
    redis_server server;
    const auto key = fleet_keys_of_test().key(":n");
    server({"ZADD", key, "9999999999", "from the future", "1", "long gone"});
    replica a(options_for(server));
    a.until([&] { return a.log.stats().is_connected; });
    CHECK(a.log.stats().replicas == 1);
    replica b(options_for(server));
    b.until([&] { return b.log.stats().is_connected; });
    CHECK(b.log.stats().replicas == 2);
    CHECK(server({"ZCARD", key}).number == 2);
}

}  // namespace
