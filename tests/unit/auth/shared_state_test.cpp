#include <gate/auth/shared_state.hpp>

#include <catch.hpp>
#include <string>
#include <vector>

using namespace gate;
using namespace std::chrono_literals;
using auth::verdict;
using auth::verification;
using core::reason;

namespace {

verification answer(int status, verdict what, reason why) {
    verification out;
    out.status = status;
    out.verdict = what;
    out.reason = why;
    return out;
}

const auto ok = answer(200, verdict::allow, reason::token_verified);
const auto form = answer(422, verdict::unavailable, reason::gate_form_refused);
const auto not_found = answer(404, verdict::unavailable, reason::gate_form_refused);
const auto failing = answer(500, verdict::unavailable, reason::gate_failing);

struct fixture {
    core::time_point now{1000s};
    std::vector<std::pair<config::log_level, std::string>> lines;
    auth::shared_state state{
        {},
        {},
        {},
        [this](config::log_level level, std::string_view line) { lines.emplace_back(level, line); },
        {[this] { return now; }, [] { return core::wall_clock::time_point(1'700'000'000s); }}};
};

}  // namespace

TEST_CASE_METHOD(fixture, "before any 200 a 422 means that the form of the call is wrong") {
    CHECK(state.learn(form).verdict == verdict::unavailable);
    CHECK(state.learn(form).reason == reason::gate_form_refused);
    CHECK(state.learn(not_found).reason == reason::gate_form_refused);
    REQUIRE(lines.size() == 1);
    CHECK(lines[0].first == config::log_level::error);
}

TEST_CASE_METHOD(fixture, "after a 200 a 422 denies the token, and a 404 is a bad answer") {
    state.learn(ok);
    CHECK(state.learn(form).verdict == verdict::deny);
    CHECK(state.learn(form).reason == reason::token_rejected);
    CHECK(state.learn(not_found).verdict == verdict::unavailable);
    CHECK(state.learn(not_found).reason == reason::gate_bad_answer);
}

TEST_CASE_METHOD(fixture, "a refusal with 200 shows that the form is understood, a malformed 200 does not") {
    state.learn(answer(200, verdict::unavailable, reason::gate_bad_answer));
    CHECK(state.learn(form).reason == reason::gate_form_refused);
    state.learn(answer(200, verdict::deny, reason::token_invalid));
    CHECK(state.learn(form).reason == reason::token_rejected);
}

TEST_CASE_METHOD(fixture, "trouble of one kind is logged once in a while, and its end once") {
    state.learn(failing);
    state.learn(failing);
    CHECK(lines.size() == 1);
    now += 10s;
    state.learn(failing);
    CHECK(lines.size() == 2);
    state.learn(ok);
    state.learn(ok);
    REQUIRE(lines.size() == 3);
    CHECK(lines[2].second == "Gate answers again");
}

TEST_CASE_METHOD(fixture, "rule 14: our own key refused is an alarm of its own") {
    state.learn(failing);
    state.learn(answer(401, verdict::unavailable, reason::gate_key_refused));
    REQUIRE(lines.size() == 2);
    CHECK(lines[0].first == config::log_level::warn);
    CHECK(lines[1].first == config::log_level::error);
    CHECK(lines[1].second.starts_with("gate_key_refused"));
}

TEST_CASE_METHOD(fixture, "statistics count calls by what they came to, and hold the budget last seen") {
    CHECK(state.stats().budget_remaining == -1);
    auto good = ok;
    good.remaining = 0;
    state.learn(good);
    state.learn(failing);
    state.learn(failing);
    const auto stats = state.stats();
    CHECK(stats.calls[static_cast<std::size_t>(reason::token_verified)] == 1);
    CHECK(stats.calls[static_cast<std::size_t>(reason::gate_failing)] == 2);
    CHECK(stats.budget_remaining == 0);
}

TEST_CASE_METHOD(fixture, "statistics tell when Gate accepted or refused a token last") {
    CHECK(state.stats().last_success == 0);
    state.learn(failing);
    CHECK(state.stats().last_success == 0);
    state.learn(answer(200, verdict::deny, reason::token_invalid));
    CHECK(state.stats().last_success == 1'700'000'000);
}

TEST_CASE_METHOD(fixture, "statistics have the limit that is configured") {
    CHECK(state.stats().gate_calls.limit == 600);
}

TEST_CASE_METHOD(fixture, "a max-age that is no number is noted once") {
    auth::verification answer;
    answer.verdict = auth::verdict::allow;
    answer.reason = reason::token_verified;
    state.learn(answer);
    CHECK(lines.empty());
    answer.has_garbage_max_age = true;
    state.learn(answer);
    state.learn(answer);
    CHECK(lines.size() == 1);
}

TEST_CASE_METHOD(fixture, "a clock that is off and an ignored no-store are noted once") {
    state.note_clock_off();
    state.note_clock_off();
    state.note_no_store_ignored();
    state.note_no_store_ignored();
    CHECK(lines.size() == 2);
}

TEST_CASE("a purge voids an answer to a call that takes as long as it may, whatever is purged meanwhile") {
    config::gate_options gate;
    gate.timeout = 60s;
    auth::shared_state state({}, gate, {});
    const core::time_point now{1000s};
    const auto purge = [&](const std::string& account, core::time_point at) {
        state.facts.purge({auth::purge_scope::kind::account, account}, at);
    };
    const auto learn = [&](core::time_point at) {
        return state.facts.learn({}, {"gacct_1", now, at + 60s}, at);
    };
    purge("gacct_1", now + 1s);
    purge("gacct_2", now + 50s);
    CHECK(learn(now + 59s).is_purged);
    gate.timeout = 5s;
    state.configure({}, gate, {});
    purge("gacct_3", now + 51s);
    CHECK_FALSE(learn(now + 59s).is_purged);
}
