#include "scripts_fixture.hpp"

namespace {

using kind = redis_answer::kind;

redis_answer extend(script_runner& at, const std::string& owner) {
    return at.run(gate::store::extend_script(), {at.lock}, {owner, "300"});
}

std::string last_message(script_runner& at) {
    const auto found = at.redis({"XREVRANGE", at.log, "+", "-", "COUNT", "1"}).list;
    return found.empty() ? std::string() : found[0].list.at(1).list.at(1).text;
}

TEST_CASE("extend gives the lock of its owner more time, and nobody else's") {
    script_runner at;
    at.redis({"SET", at.lock, "me", "PX", "50"});
    CHECK(extend(at, "me").number == 1);
    CHECK(at.number({"PTTL", at.lock}) > 50);
    at.redis({"SET", at.lock, "other", "PX", "100000"});
    CHECK(extend(at, "me").number == 0);
    CHECK(at.number({"PTTL", at.lock}) > 300);
    at.redis({"DEL", at.lock});
    CHECK(extend(at, "me").number == 0);
    CHECK(at.number({"EXISTS", at.lock}) == 0);
    put_list(at, at.lock);
    CHECK(extend(at, "me").number == 0);
}

TEST_CASE("finish puts the message into the log, and says in the lock where") {
    script_runner at;
    at.begin();
    const auto reply = at.finish({});
    REQUIRE(reply.what == kind::list);
    CHECK(std::stoll(reply.list.at(0).text) / 1'000'000 >= at.now() - 1);
    CHECK(at.get(at.lock) == "done " + reply.list.at(1).text);
    const auto life = at.number({"PTTL", at.lock});
    CHECK(life > 300);
    CHECK(life <= 2'000);
    CHECK(last_message(at) == "m1");
}

TEST_CASE("finish remembers accepted tokens, and forgets refused ones") {
    script_runner at;
    at.finish({});
    CHECK(at.redis({"ZSCORE", at.known, "t"}).what == kind::text);
    CHECK(at.number({"TTL", at.known}) > 86'000);
    script_runner::end failed;
    failed.answer = "failed";
    at.finish(failed);
    CHECK(at.redis({"ZSCORE", at.known, "t"}).what == kind::text);
    script_runner::end refused;
    refused.answer = "no";
    at.finish(refused);
    CHECK(at.redis({"ZSCORE", at.known, "t"}).what == kind::nothing);
}

TEST_CASE("finish counts what was wasted") {
    script_runner at;
    script_runner::end wasted;
    wasted.answer = "no";
    wasted.is_waste = "1";
    at.finish(wasted);
    at.finish({});
    CHECK(at.counted('w') == 1);
    CHECK(at.number({"TTL", at.calls}) > 0);
}

TEST_CASE("finish without a message gives the lock back") {
    script_runner at;
    at.begin();
    script_runner::end silent;
    silent.message = "";
    const auto reply = at.finish(silent);
    CHECK(reply.list.at(1).text.empty());
    CHECK(at.number({"EXISTS", at.lock, at.log}) == 0);
}

TEST_CASE("finish leaves the lock of another owner alone, and takes one that is gone") {
    script_runner at;
    at.redis({"SET", at.lock, "other", "PX", "300"});
    CHECK(at.finish({}).what == kind::list);
    CHECK(at.get(at.lock) == "other");
    CHECK(last_message(at) == "m1");
    at.redis({"DEL", at.lock});
    at.finish({});
    CHECK(at.get(at.lock).starts_with("done "));
}

TEST_CASE("finish keeps at most 100 000 known tokens, and none for more than a day or from the future") {
    script_runner at;
    at.redis({"EVAL", "for i = 1, 100010 do redis.call('ZADD', KEYS[1], ARGV[1], 'n' .. i) end", "1",
              at.known, std::to_string(at.now() - 10)});
    at.redis({"ZADD", at.known, std::to_string(at.now() - 90'000), "old"});
    at.redis({"ZADD", at.known, std::to_string(at.now() + 1'000), "future", "+inf", "never"});
    at.finish({});
    CHECK(at.number({"ZCARD", at.known}) == 100'000);
    CHECK(at.redis({"ZSCORE", at.known, "t"}).what == kind::text);
    for (const char* gone : {"old", "future", "never"})
        CHECK(at.redis({"ZSCORE", at.known, gone}).what == kind::nothing);
}

TEST_CASE("finish trims the log by the store's own time, and by number") {
    script_runner at;
    at.redis(
        {"EVAL", "for i = 1, 1000 do redis.call('XADD', KEYS[1], i .. '-1', 'm', 'old') end", "1", at.log});
    at.finish({});
    CHECK(at.number({"XLEN", at.log}) <= 101);
    at.redis({"EVAL", "for i = 1, 1000 do redis.call('XADD', KEYS[1], '*', 'm', 'young') end", "1", at.log});
    script_runner::end few;
    few.most = "100";
    at.finish(few);
    CHECK(at.number({"XLEN", at.log}) <= 201);
    CHECK(last_message(at) == "m1");
}

constexpr long long hour = 3'600'000;

// In ms, give or take what a test needs.
bool is_about(long long life, long long expected) {
    return life > expected - 30'000 && life <= expected;
}

TEST_CASE("the log is gone when its newest message can mean nothing any more") {
    script_runner at;
    const auto life = [&] { return at.number({"PTTL", at.log}); };
    at.finish({});
    CHECK(is_about(life(), 130'000 + hour));
    at.redis({"PEXPIRE", at.log, "5000"});
    at.publish("m2");
    CHECK(is_about(life(), 130'000 + hour));
    at.publish("of a replica whose entries live longer", "7000000");
    at.publish("m3");
    CHECK(is_about(life(), 7'000'000 + hour));
}

TEST_CASE("the log stays while a replica is there, and no beat makes one") {
    script_runner at;
    CHECK(at.beat().what == kind::list);
    CHECK(at.number({"EXISTS", at.log}) == 0);
    at.publish("m1");
    at.redis({"PEXPIRE", at.log, "5000"});
    at.beat();
    CHECK(is_about(at.number({"PTTL", at.log}), 130'000 + hour));
    at.beat("7000000");
    at.beat();
    CHECK(is_about(at.number({"PTTL", at.log}), 7'000'000 + hour));
    CHECK(at.number({"XLEN", at.log}) == 1);
}

TEST_CASE("finish heals keys of a wrong type, and touches no others") {
    script_runner at;
    for (const char* each : {"t", "1"}) at.redis({"SET", each, "somebody's"});
    for (const auto& each : {at.lock, at.calls, at.known, at.log}) put_list(at, each);
    script_runner::end what;
    what.is_waste = "1";
    const auto reply = at.finish(what);
    REQUIRE(reply.what == kind::list);
    CHECK(at.redis({"ZSCORE", at.known, "t"}).what == kind::text);
    CHECK(at.counted('w') == 1);
    CHECK(last_message(at) == "m1");
    CHECK(at.get(at.lock) == "done " + reply.list.at(1).text);
    put_list(at, at.known);
    what.answer = "no";
    CHECK(at.finish(what).what == kind::list);
    CHECK(at.number({"EXISTS", "t", "1"}) == 2);
}

TEST_CASE("finish heals counts that cannot be increased") {
    for (const char* value : {"x", "9223372036854775807", ""}) {
        INFO(value);
        script_runner at;
        for (int i = -1; i < 3; ++i) at.redis({"HSET", at.calls, "w" + std::to_string(at.now() + i), value});
        script_runner::end what;
        what.is_waste = "1";
        CHECK(at.finish(what).what == kind::list);
        CHECK(last_message(at) == "m1");
    }
}

TEST_CASE("a stream whose ids are used up is begun again") {
    script_runner at;
    at.redis({"XADD", at.log, "18446744073709551615-18446744073709551615", "m", "last"});
    CHECK(at.publish("m2").what == kind::list);
    CHECK(at.number({"XLEN", at.log}) == 1);
    CHECK(last_message(at) == "m2");
}

TEST_CASE("publish adds a message and says the store's time and its id") {
    script_runner at;
    const auto reply = at.publish("m1");
    REQUIRE(reply.what == kind::list);
    CHECK(std::stoll(reply.list.at(0).text) / 1'000'000 >= at.now() - 1);
    CHECK(at.number({"XLEN", at.log}) == 1);
    CHECK(at.redis({"XRANGE", at.log, reply.list.at(1).text, reply.list.at(1).text}).list.size() == 1);
    put_list(at, at.log);
    CHECK(at.publish("m2").what == kind::list);
    CHECK(last_message(at) == "m2");
}

TEST_CASE("a full store refuses what would be added, and loses nothing by it") {
    script_runner at;
    at.finish({});
    script_runner::end wasted;
    wasted.is_waste = "1";
    at.finish(wasted);
    at.redis({"ZADD", at.known, std::to_string(at.now()), "another"});
    at.redis({"CONFIG", "SET", "maxmemory", "1"});
    for (const char* answer : {"yes", "failed"}) {  // a refusal first makes room: it may pass
        wasted.answer = answer;
        CHECK(at.finish(wasted).what == kind::error);
    }
    CHECK(at.publish("m2").what == kind::error);
    at.redis({"CONFIG", "SET", "maxmemory", "0"});
    CHECK(at.number({"XLEN", at.log}) == 2);
    CHECK(at.number({"EXISTS", at.known}) == 1);
    CHECK(at.counted('w') == 1);
}

TEST_CASE("a replica of the store, which is read-only, refuses all that writes, and loses nothing by it") {
    script_runner at;
    at.finish({});
    at.redis({"REPLICAOF", "127.0.0.1", "1"});
    CHECK(at.begin({"other", "9999999999999-0"}).what == kind::error);
    CHECK(at.finish({}).what == kind::error);
    CHECK(at.publish("m2").what == kind::error);
    at.redis({"REPLICAOF", "NO", "ONE"});
    CHECK(at.number({"XLEN", at.log}) == 1);
    CHECK(at.number({"EXISTS", at.known}) == 1);
}

TEST_CASE("a lock is given back by its owner, which the log tells of") {
    script_runner at;
    at.begin();
    CHECK(word_of(at.release("another")).empty());
    CHECK(at.get(at.lock) == "me");
    CHECK(at.number({"EXISTS", at.log}) == 0);
    CHECK_FALSE(word_of(at.release()).empty());
    CHECK(at.number({"EXISTS", at.lock}) == 0);
    CHECK(last_message(at) == "m1");
    CHECK(word_of(at.release()).empty());  // it is gone
    put_list(at, at.lock);
    CHECK(word_of(at.release()).empty());
    at.begin();
    put_list(at, at.log);
    const auto healed = at.release();
    CHECK(healed.list.size() == 2);
    CHECK(last_message(at) == "m1");
}

TEST_CASE("each script is known under its digest") {
    script_runner at;
    for (const auto* each :
         {&gate::store::begin_script(), &gate::store::extend_script(), &gate::store::finish_script(),
          &gate::store::release_script(), &gate::store::publish_script(), &gate::store::beat_script()})
        CHECK(at.redis({"SCRIPT", "LOAD", each->text}).text == each->sha1);
}

TEST_CASE("the scripts need no more than the README's rights") {
    script_runner at;
    at.redis({"ACL",
              "SETUSER",
              "gate",
              "on",
              "nopass",
              "resetkeys",
              "~{gate:*",
              "-@all",
              "+eval",
              "+evalsha",
              "+time",
              "+get",
              "+set",
              "+del",
              "+pttl",
              "+pexpire",
              "+expire",
              "+hlen",
              "+hgetall",
              "+hdel",
              "+hincrby",
              "+zadd",
              "+zrem",
              "+zscore",
              "+zcard",
              "+zremrangebyscore",
              "+zremrangebyrank",
              "+xadd",
              "+xtrim"});
    for (const auto& each : {at.lock, at.calls, at.known, at.log}) put_list(at, each);
    CHECK(at.redis({"AUTH", "gate", ""}).text == "OK");
    CHECK(word_of(at.begin()) == "go");
    CHECK(extend(at, "me").number == 1);
    script_runner::end what;
    what.is_waste = "1";
    CHECK(at.finish(what).what == kind::list);
    what.answer = "no";
    CHECK(at.finish(what).what == kind::list);
    at.begin();
    CHECK(at.release().what == kind::list);
    CHECK(at.publish("m").what == kind::list);
    CHECK(at.beat().what == kind::list);
}

}  // namespace
