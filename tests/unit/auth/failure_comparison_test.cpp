#include <gate/auth/failure_comparison.hpp>

#include <catch.hpp>
#include <token_keys.hpp>

using namespace gate::auth;
using namespace std::chrono_literals;
using gate::core::time_point;

namespace {

struct fixture {
    void fail(std::uint64_t token, lane which = lane::unknown, time_point::duration took = 0s) {
        subject.note_failure({which, {key_number(token), client_id{}}, now - took, now, false}, held);
    }
    void answer(std::uint64_t token) { subject.note_answer(key_number(token), now, held); }
    std::size_t take() {
        const auto count = held.size();
        held.clear();
        return count;
    }

    time_point now{1000s};
    failure_comparison subject;
    failure_comparison::held held;
};

}  // namespace

TEST_CASE_METHOD(fixture,
                 "rule 28: what fails shortly before another token's answer is held against its sender") {
    fail(1);
    fail(2, lane::known);
    now += 3s;
    CHECK(take() == 0);
    answer(9);
    REQUIRE(held.size() == 2);
    CHECK(held[0].asker.token == key_number(2));
    CHECK(held[0].which == lane::known);
    CHECK(held[1].asker.token == key_number(1));
    held.clear();
    answer(8);
    CHECK(take() == 0);  // once
}

TEST_CASE_METHOD(fixture, "what fails long before an answer may have met an outage") {
    fail(1);
    now += 3'001ms;
    answer(9);
    CHECK(take() == 0);
    now += 1s;
    answer(8);
    CHECK(take() == 0);
}

TEST_CASE_METHOD(fixture,
                 "rule 28: what fails while another token's call is answered is held against its sender") {
    answer(9);
    now += 1s;
    fail(1, lane::unknown, 900ms);
    CHECK(take() == 0);  // it began after the answer
    fail(2, lane::unknown, 1s);
    CHECK(take() == 1);
}

TEST_CASE_METHOD(fixture, "a token's own answers are nothing to compare it with") {
    answer(1);
    fail(1, lane::known, 1s);
    answer(1);
    CHECK(take() == 0);
    answer(9);
    answer(1);
    fail(1, lane::known, 1s);
    CHECK(take() == 1);  // for that of 9
}

TEST_CASE_METHOD(fixture, "a token that was answered is not held for what failed before") {
    fail(1);
    answer(1);
    answer(9);
    CHECK(take() == 0);
}

TEST_CASE_METHOD(fixture, "after an outage nobody is to blame") {
    fail(1);
    fail(2, lane::known);
    subject.forget();
    answer(9);
    CHECK(take() == 0);
}

TEST_CASE_METHOD(fixture, "the latest failures are compared, and unknown tokens do not push known ones out") {
    fail(1, lane::known);
    for (std::uint64_t i = 100; i < 100'000; ++i) fail(i);
    answer(9);
    REQUIRE(held.size() == failure_comparison::max_failures + 1);
    CHECK(held[0].asker.token == key_number(1));
    for (const auto& each : held) CHECK((each.which == lane::known || each.asker.token.hash() > 99'000));
}
