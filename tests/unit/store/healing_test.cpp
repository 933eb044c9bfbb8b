// What others have written into the keys of a fleet, on a real redis-server: it is counted, and healed.
#include "replica.hpp"

#include <gate/store/message_codec.hpp>

#include <algorithm>
#include <catch.hpp>
#include <utility>

namespace {

using namespace gate;
using namespace gate::test;
using auth::fleet_defect;
using auth::fleet_kind;
using kind = auth::fleet_turn::kind;

TEST_CASE("keys of a wrong type are healed") {
    if (!has_redis_server()) return;
    redis_server server;
    replica a(options_for(server));
    a.until_there();
    const auto& keys = fleet_keys_of_test();
    const auto token = token_named("agt_1");
    for (const auto* const suffix : {":ev", ":c", ":k", ":b", ":n"}) {
        server({"DEL", keys.key(suffix)});
        server({"SET", keys.key(suffix), "not ours"});
    }
    server({"RPUSH", keys.key(":l:") + std::string(token.view()), "not ours"});
    const auto turn = a.begin(token);
    REQUIRE(turn.step == kind::go);
    a.finish(turn);
    a.until([&] { return has_heard(a, fleet_kind::verdict, token); });
    auth::fleet_notice block;
    block.kind = fleet_kind::block;
    block.account = "gacct_1";
    block.at = core::clock::now();
    block.until = core::never;
    CHECK(a.publish(block));
    a.until([&] { return server({"TYPE", keys.key(":b")}).text == "hash"; });
    // Each is counted by whichever of the connections has met it: a command, or a script.
    a.until([&] { return a.listener.rejections(fleet_defect::type) >= 6; });
    CHECK(server({"TYPE", keys.key(":ev")}).text == "stream");
    CHECK(server({"TYPE", keys.key(":k")}).text == "zset");
    CHECK(server({"TYPE", keys.key(":c")}).text == "hash");
    a.until([&] { return server({"TYPE", keys.key(":n")}).text == "zset"; });
    CHECK(a.log.stats().is_connected);
}

TEST_CASE("fields of the counters that count nothing are counted, and removed") {
    if (!has_redis_server()) return;
    redis_server server;
    replica a(options_for(server));
    a.until_there();
    const auto counters = fleet_keys_of_test().key(":c");
    server({"HSET", counters, "nothing", "1", "c1700000000", "many", "c1700000001", "1"});
    REQUIRE(a.begin(token_named("agt_1")).step == kind::go);
    CHECK(a.listener.rejections(fleet_defect::malformed) == 2);  // the last one is only old
    CHECK(server({"HLEN", counters}).number == 1);
}

TEST_CASE("what others put into the log is counted, and what is huge is deleted") {
    if (!has_redis_server()) return;
    redis_server server;
    replica a(options_for(server));
    a.until_there();
    const auto log = fleet_keys_of_test().key(":ev");
    server({"XADD", log, "*", "m", "not sealed"});
    server({"XADD", log, "*", "m", std::string(8 << 20U, 'x')});
    server({"XADD", log, "*", "a", "1", "b", "2", "c", "3", "d", "4", "e", "5"});
    server({"XADD", log, "*", "n", "1"});
    const auto token = token_named("agt_1");
    REQUIRE(a.publish(revocation_of(token)));
    a.until([&] { return has_heard(a, fleet_kind::revocation, token); });
    CHECK(a.listener.rejections(fleet_defect::unsealed) >= 1);
    CHECK(a.listener.rejections(fleet_defect::size) >= 2);
    CHECK(a.listener.rejections(fleet_defect::malformed) >= 1);
    const auto is_there = [&](std::string_view field) {
        const auto all = server({"XRANGE", log, "-", "+"});
        return std::ranges::any_of(all.items,
                                   [&](const auto& each) { return each.items[1].text_at(0) == field; });
    };
    a.until([&] { return !is_there("a") && server({"MEMORY", "USAGE", log}).number < 100'000; });
    CHECK(is_there("n"));
}

TEST_CASE("an id far ahead that is set back hides nothing for long") {
    if (!has_redis_server()) return;
    redis_server server;
    replica a(options_for(server));
    replica b(options_for(server));
    a.until_there();
    b.until_there();
    const auto log = fleet_keys_of_test().key(":ev");
    const auto token = token_named("agt_1");
    server({"XADD", log, "9999999999999-0", "m", "x"});
    b.until([&] { return b.listener.position().milliseconds == 9'999'999'999'999; });
    server({"XDEL", log, "9999999999999-0"});
    server({"XSETID", log, "1-1"});
    REQUIRE(a.publish(revocation_of(token)));
    b.until([&] { return has_heard(b, fleet_kind::revocation, token); });
}

TEST_CASE("a log whose ids are exhausted is begun anew") {
    if (!has_redis_server()) return;
    redis_server server;
    replica a(options_for(server));
    a.until_there();
    const auto log = fleet_keys_of_test().key(":ev");
    server({"XADD", log, "18446744073709551615-18446744073709551615", "m", "x"});
    const auto token = token_named("agt_1");
    CHECK(a.publish(revocation_of(token)));
    a.until([&] { return has_heard(a, fleet_kind::revocation, token); });
}

TEST_CASE("liftings leave room for blocks") {
    if (!has_redis_server()) return;
    redis_server server;
    const auto& keys = fleet_keys_of_test();
    const auto hash = keys.key(":b");
    constexpr int most = 10'000;
    const auto field_of = [&](int number) { return keys.name_of_account("gacct_" + std::to_string(number)); };
    std::vector<std::string> fill;
    for (int i = 0; i < most; ++i) {
        auth::fleet_message lifting;
        lifting.kind = fleet_kind::block;
        lifting.account = "gacct_" + std::to_string(i);
        lifting.at = lifting.until = auth::store_time(std::chrono::seconds(1'700'000'000 + i));
        const auto field = field_of(i);
        if (fill.empty()) fill = {"HSET", hash};
        fill.push_back(field);
        fill.push_back(keys.seal(store::write(lifting), hash + field));
        if (i % 500 == 499) server(std::exchange(fill, {}));
    }
    REQUIRE(server({"HLEN", hash}).number == most);
    replica a(options_for(server));
    a.until_there();
    auth::fleet_notice block;
    block.kind = fleet_kind::block;
    block.account = "gacct_blocked";
    block.at = core::clock::now();
    block.until = core::never;
    REQUIRE(a.publish(block));
    a.until([&] { return server({"HEXISTS", hash, keys.name_of_account(block.account)}).number == 1; });
    CHECK(server({"HLEN", hash}).number == most);
    CHECK(server({"HEXISTS", hash, field_of(0)}).number == 0);  // the oldest
    CHECK(server({"HEXISTS", hash, field_of(1)}).number == 1);
}

}  // namespace
