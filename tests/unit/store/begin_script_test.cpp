#include "scripts_fixture.hpp"

namespace {

using kind = redis_answer::kind;

TEST_CASE("begin takes a free lock for its life, counts the call and says the store's time") {
    script_runner at;
    const auto before = at.now();
    const auto reply = at.begin();
    REQUIRE(word_of(reply) == "go");
    const auto said = std::stoll(reply.list.at(1).text) / 1'000'000;
    CHECK(said >= before);
    CHECK(said <= at.now());
    CHECK(at.get(at.lock) == "me");
    const auto life = at.number({"PTTL", at.lock});
    CHECK(life > 0);
    CHECK(life <= 300);
    CHECK(at.counted('c') == 1);
    const auto forgotten_in = at.number({"TTL", at.calls});
    CHECK(forgotten_in > script_runner::window);
    CHECK(forgotten_in <= script_runner::window + 2);
}

TEST_CASE("begin says who holds the lock, and for how long") {
    script_runner at;
    at.redis({"SET", at.lock, "other", "PX", "100000"});
    const auto reply = at.begin();
    REQUIRE(word_of(reply) == "wait");
    CHECK(reply.list.at(2).text == "other");
    CHECK(reply.list.at(3).number > 0);
    CHECK(at.get(at.lock) == "other");
    CHECK(at.counted('c') == 0);
}

TEST_CASE("begin says that a lock has no life") {
    script_runner at;
    at.redis({"SET", at.lock, "forged"});
    const auto reply = at.begin();
    REQUIRE(word_of(reply) == "wait");
    CHECK(reply.list.at(3).number == -1);
}

TEST_CASE("begin takes the lock over whose value it is to ignore, and only that one") {
    script_runner at;
    at.redis({"SET", at.lock, "forged"});
    script_runner::question again;
    again.ignored = "another";
    CHECK(word_of(at.begin(again)) == "wait");
    again.ignored = "forged";
    CHECK(word_of(at.begin(again)) == "go");
    CHECK(at.get(at.lock) == "me");
    CHECK(at.number({"PTTL", at.lock}) > 0);
}

TEST_CASE("begin names an answer in the log that the reader has not reached") {
    script_runner at;
    const struct {
        const char* done;
        const char* position;
        const char* word;
    } rows[] = {
        {"done 1700000000000-0", "0-0", "read"},
        {"done 1700000000000-0", "1699999999999-9", "read"},
        {"done 1700000000000-1", "1700000000000-0", "read"},
        {"done 1700000000000-1", "1700000000000-1", "go"},
        {"done 1700000000000-1", "1700000000001-0", "go"},
        {"done 99999999999999999999-1", "1700000000001-0", "read"},
        {"done 1700000000000-1", "no position", "read"},
        {"done ", "0-0", "go"},
        {"done nonsense", "0-0", "go"},
        {"done 1-2-3", "0-0", "go"},
        {"done -1", "0-0", "go"},
    };
    for (const auto& row : rows) {
        INFO(row.done << " at " << row.position);
        at.redis({"SET", at.lock, row.done, "PX", "2000"});
        script_runner::question what;
        what.position = row.position;
        const auto reply = at.begin(what);
        CHECK(word_of(reply) == row.word);
        if (word_of(reply) == "read") CHECK(reply.list.at(2).text == std::string(row.done).substr(5));
    }
}

TEST_CASE("begin says when the fleet's budget has room again") {
    script_runner at;
    const auto now = at.now();
    at.redis({"HSET", at.calls, "c" + std::to_string(now - 50), "4", "c" + std::to_string(now - 1), "6"});
    const auto reply = at.begin();
    REQUIRE(word_of(reply) == "later");
    // The second in which the first of them began leaves the window with its end.
    CHECK(reply.list.at(2).number > 8'000);
    CHECK(reply.list.at(2).number <= 11'000);
    CHECK(reply.list.at(3).text == "calls");
    CHECK(at.number({"EXISTS", at.lock}) == 0);
}

TEST_CASE("a call counts for the whole window after its second, and no longer") {
    script_runner at;
    script_runner::question what;
    what.budget = "1";
    const auto counts_after = [&](long long seconds) {
        at.redis({"DEL", at.calls, at.lock});
        at.redis({"HSET", at.calls, "c" + std::to_string(at.now() - seconds), "1"});
        return word_of(at.begin(what)) == "later";
    };
    CHECK(counts_after(0));
    CHECK(counts_after(script_runner::window - 2));
    CHECK_FALSE(counts_after(script_runner::window + 2));
}

TEST_CASE("a call that began late in its second counts until a window later") {
    script_runner at;
    script_runner::question what;
    what.budget = "1";
    // Where the second changes meanwhile, again: then it was another one.
    for (;;) {
        const auto now = at.now();
        at.redis({"DEL", at.calls, at.lock});
        at.redis({"HSET", at.calls, "c" + std::to_string(now - script_runner::window), "1"});
        const auto word = word_of(at.begin(what));
        if (at.now() != now) continue;
        CHECK(word == "later");
        break;
    }
}

TEST_CASE("a token that was never accepted is also held against what was wasted") {
    script_runner at;
    at.redis({"HSET", at.calls, "w" + std::to_string(at.now()), "5"});
    const auto reply = at.begin();
    REQUIRE(word_of(reply) == "later");
    CHECK(reply.list.at(3).text == "waste");
    at.redis({"ZADD", at.known, "1", "t"});
    CHECK(word_of(at.begin()) == "go");
}

TEST_CASE("begin takes the lock whatever is counted where no budget is named") {
    script_runner at;
    const auto second = std::to_string(at.now());
    at.redis({"HSET", at.calls, "c" + second, "1000000000", "w" + second, "1000000000"});
    CHECK(word_of(at.begin()) == "later");
    script_runner::question what;
    what.budget = what.for_waste = "0";
    CHECK(word_of(at.begin(what)) == "go");
    CHECK(word_of(at.begin(what)) == "wait");
}

TEST_CASE("begin ignores counts that nobody of the fleet has written, and removes them") {
    for (const char* value : {"0", "-5", "1.5", "1e300", "2000000000", "inf", "nan", "", "x", "0 or 1"}) {
        INFO(value);
        script_runner at;
        at.redis({"HSET", at.calls, "c" + std::to_string(at.now()), value});
        const auto reply = at.begin();
        CHECK(word_of(reply) == "go");
        CHECK(healed_in(reply) == healed{0, 0, 1});
        CHECK(at.counted('c') == 1);
    }
    for (const char* field : {"", "c", "x1", "c-1", "w9e9", "cc1700000000"}) {
        INFO(field);
        script_runner at;
        at.redis({"HSET", at.calls, field, "1000"});
        const auto reply = at.begin();
        CHECK(word_of(reply) == "go");
        CHECK(healed_in(reply) == healed{0, 0, 1});
        CHECK(at.number({"HEXISTS", at.calls, field}) == 0);
    }
}

TEST_CASE("counts of another time are removed, and are no lies") {
    for (const char* field : {"c1", "w1", "c99999999999999"}) {
        INFO(field);
        script_runner at;
        at.redis({"HSET", at.calls, field, "1000"});
        const auto reply = at.begin();
        CHECK(word_of(reply) == "go");
        CHECK(healed_in(reply) == healed{});
        CHECK(at.number({"HEXISTS", at.calls, field}) == 0);
    }
}

TEST_CASE("begin does not sum a huge hash, but deletes it") {
    script_runner at;
    std::vector<std::string> fill{"HSET", at.calls};
    for (int i = 0; i < 10'000; ++i) {
        fill.push_back("c" + std::to_string(i));
        fill.push_back("1000000");
    }
    at.redis(fill);
    const auto reply = at.begin();
    CHECK(word_of(reply) == "go");
    CHECK(healed_in(reply) == healed{0, 1, 0});
    CHECK(at.number({"HLEN", at.calls}) == 1);
}

TEST_CASE("begin heals keys of a wrong type, and touches no others") {
    script_runner at;
    at.redis({"SET", "t", "somebody's"});
    at.redis({"SET", "1", "somebody's"});
    for (const auto& each : {at.lock, at.calls, at.known}) put_list(at, each);
    at.redis({"SET", at.lock + "x", "kept"});
    const auto reply = at.begin();
    CHECK(word_of(reply) == "go");
    CHECK(healed_in(reply) == healed{2, 0, 0});
    CHECK(at.get(at.lock) == "me");
    CHECK(at.counted('c') == 1);
    // `known` is looked at only where calls were wasted.
    at.redis({"DEL", at.lock});
    put_list(at, at.known);
    at.redis({"HSET", at.calls, "w" + std::to_string(at.now()), "5"});
    const auto later = at.begin();
    CHECK(word_of(later) == "later");
    CHECK(healed_in(later) == healed{1, 0, 0});
    CHECK(at.number({"EXISTS", at.known}) == 0);
    CHECK(at.number({"EXISTS", "t", "1", at.lock + "x"}) == 3);
}

TEST_CASE("a huge value of a lock is not sent around, but deleted") {
    script_runner at;
    at.redis({"SET", at.lock, std::string(1 << 20, 'x')});
    const auto reply = at.begin();
    CHECK(word_of(reply) == "go");
    CHECK(healed_in(reply) == healed{0, 1, 0});
    CHECK(at.get(at.lock) == "me");
}

TEST_CASE("a full store refuses begin, and loses nothing by it") {
    script_runner at;
    at.redis({"HSET", at.calls, "c" + std::to_string(at.now()), "3"});
    at.redis({"CONFIG", "SET", "maxmemory", "1"});
    CHECK(at.begin().what == kind::error);
    at.redis({"CONFIG", "SET", "maxmemory", "0"});
    CHECK(at.counted('c') == 3);
}

}  // namespace
