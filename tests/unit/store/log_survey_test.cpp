// One reading of a real store: it hears all that the replicas have told, and changes nothing.
#include "replica.hpp"
#include "surveying.hpp"

#include <catch.hpp>

namespace {

using namespace gate;
using namespace gate::test;
using auth::fleet_kind;

// What every command has done to the store, but for those that only read.
std::string writes(redis_server& server) {
    std::string out;
    const auto all = server({"INFO", "commandstats"}).text;
    for (const auto* const each :
         {"xadd", "xdel", "xtrim", "set", "del", "hset", "hdel", "zadd", "zrem", "evalsha", "eval"}) {
        const auto at = all.find("cmdstat_" + std::string(each) + ":calls=");
        if (at != std::string::npos) out += all.substr(at, all.find(',', at) - at) + ' ';
    }
    return out;
}

TEST_CASE("a survey hears messages and blocks, and writes nothing") {
    if (!has_redis_server()) return;
    redis_server server;
    const auto token = token_named("agt_1");
    {
        replica a(options_for(server));
        a.until_there();
        a.finish(a.begin(token));
        a.until([&] { return has_heard(a, fleet_kind::verdict, token); });
        for (int i = 0; i < 300; ++i) REQUIRE(a.publish(revocation_of(token_named(std::to_string(i)))));
        auth::fleet_notice block;
        block.kind = fleet_kind::block;
        block.account = "gacct_1";
        block.at = core::clock::now();
        block.until = core::never;
        REQUIRE(a.publish(block));
        a.until([&] { return server({"HLEN", fleet_keys_of_test().key(":b")}).number == 1; });
    }
    const auto log = fleet_keys_of_test().key(":ev");
    server({"XADD", log, "*", "m", "not sealed"});
    server({"XADD", log, "*", "m", std::string(100'000, 'x')});
    server({"HSET", fleet_keys_of_test().key(":b"), "field", "not sealed"});
    const auto before = writes(server);

    notebook by;
    const auto found = survey(options_for(server), by);

    CHECK(found.failure == store::fault::none);
    CHECK(found.replicas == 1);
    CHECK(found.unsealed == 2);  // of the log, and of the hash: what is too large is not looked at
    CHECK(by.samples == 1);
    CHECK(by.count(fleet_kind::verdict) == 1);
    CHECK(by.count(fleet_kind::revocation) == 300);
    CHECK(by.count(fleet_kind::block) == 2);  // of the log, and of the hash
    CHECK(writes(server) == before);
}

TEST_CASE("a survey of an empty store finds nothing") {
    if (!has_redis_server()) return;
    redis_server server;
    notebook by;
    const auto found = survey(options_for(server), by);
    CHECK(found.failure == store::fault::none);
    CHECK(found.replicas == 0);
    CHECK(by.messages.empty());
    CHECK(server({"DBSIZE"}).number == 0);
}

TEST_CASE("a survey says why the store cannot be read") {
    if (!has_redis_server()) return;
    SECTION("nothing listens") {
        notebook by;
        auto options = options_for("unix:/nowhere/redis.sock");
        CHECK(survey(options, by).failure == store::fault::unreachable);
    }
    SECTION("the password is wrong") {
        redis_server server({"--requirepass", "open sesame"});
        notebook by;
        auto options = options_for(server);
        options.user.password = core::secret_string("closed");
        const auto found = survey(options, by);
        CHECK(found.failure == store::fault::refused);
        CHECK(found.said.find("WRONGPASS") != std::string::npos);
    }
    SECTION("a key of another kind stands in the place of the log") {
        redis_server server;
        server({"SET", fleet_keys_of_test().key(":ev"), "not ours"});
        notebook by;
        const auto found = survey(options_for(server), by);
        CHECK(found.failure == store::fault::failed);
        CHECK(found.said.find("WRONGTYPE") != std::string::npos);
        CHECK(server({"TYPE", fleet_keys_of_test().key(":ev")}).text == "string");
    }
    SECTION("it has stopped") {
        redis_server server;
        server.pause();
        notebook by;
        CHECK(survey(options_for(server), by).failure == store::fault::late);
        server.go_on();
    }
}

}  // namespace
