#include <gate/auth/fleet_fold.hpp>

#include <catch.hpp>
#include <string_view>

using namespace gate::auth;
using namespace std::chrono_literals;
using gate::core::reason;
using gate::core::time_point;
using gate::core::wall_clock;

namespace {

const time_point start{1000s};
constexpr store_time there{std::chrono::seconds(1'800'000'000)};
const wall_clock::time_point wall{1'800'000'003s};  // three seconds ahead of the store
constexpr key_id ours{1, 2, 3, 4, 5, 6, 7, 8};
constexpr key_id others{8, 7, 6, 5, 4, 3, 2, 1};

token_id some_token(char last = 'A') {
    token_id out;
    std::string_view("AAAAbbbb0000----____zz").copy(out.text.data(), out.text.size());
    out.text.back() = last;
    return out;
}

struct fixture {
    fleet_clock clock;
    fleet_rules rules;
    fleet_moment at{start + 10s, wall + 10s};

    fixture() {
        clock.look(start, 5000s);
        clock.sample({there, 5000s, 5000s + 1ms});
        rules.keys = {ours};
    }

    // Asked when the store's clock was at `there`, and ours at `start`.
    fleet_message yes() const {
        fleet_message out;
        out.kind = fleet_kind::verdict;
        out.at = there;
        out.token = some_token();
        out.account = "gacct_1";
        out.life = 60s;
        out.verified_at = wall;
        out.keys = {ours};
        return out;
    }
    fleet_message no() const {
        auto out = yes();
        out.account.clear();
        out.refused_for = reason::token_revoked;
        return out;
    }
    fleet_message of(fleet_kind kind) const {
        fleet_message out;
        out.kind = kind;
        out.at = there;
        return out;
    }

    template <class Change>
    Change as(const fleet_message& message) const {
        const auto got = fold(message, rules, clock, at);
        REQUIRE(std::holds_alternative<Change>(got));
        return std::get<Change>(got);
    }
    fleet_change::accepted accepted(const fleet_message& message) const {
        return as<fleet_change::accepted>(message);
    }
};

}  // namespace

TEST_CASE_METHOD(fixture, "fleet: a yes lives for its life after it was asked, whenever it is heard") {
    const auto message = yes();
    const auto got = accepted(message);
    CHECK(got.fact.account_id == "gacct_1");
    CHECK(got.fact.asked == start);
    CHECK(got.fact.fresh_until == start + 60s);
    CHECK_FALSE(got.is_cut);
    at = {start + 500s, wall + 500s};
    CHECK(accepted(message).fact.fresh_until == start + 60s);
}

TEST_CASE_METHOD(fixture, "fleet: TTLs never add up: the shorter one of sender and receiver counts") {
    auto message = yes();
    rules.ttl = 20s;
    CHECK(accepted(message).fact.fresh_until == start + 20s);
    rules.ttl = 300s;
    CHECK(accepted(message).fact.fresh_until == start + 60s);
    message.life = 0s;
    CHECK(accepted(message).fact.fresh_until == start);
    CHECK(accepted(message).fact.refresh_at == gate::core::never);
}

TEST_CASE_METHOD(fixture, "fleet: a no lives for its life, and the negative TTL at most") {
    auto message = no();
    auto got = as<refused>(message);
    CHECK(got.reason == reason::token_revoked);
    CHECK(got.asked == start);
    CHECK(got.until == start + 30s);
    message.life = 500ms;
    CHECK(as<refused>(message).until == start + 500ms);
}

TEST_CASE_METHOD(fixture, "fleet: a lying clock of the store stretches a yes by 5 s at most") {
    auto message = yes();
    at.now = start + 1s;  // the store says one second, our wall clock 40
    at.wall_now = wall + 40s;
    const auto got = accepted(message);
    CHECK(got.fact.fresh_until == start + 1s + 20s + 5s);
    CHECK(got.is_cut);
    at.wall_now = wall + 2h;
    CHECK(accepted(message).fact.fresh_until < start);
}

TEST_CASE_METHOD(
    fixture, "fleet: a jump of the store's clock makes no yes younger than its sender's wall clock says") {
    auto message = yes();
    message.verified_at = at.wall_now - 50s;
    message.at = there + 1s;  // nine seconds ago, by a clock that has jumped back by 40 s since
    const auto got = accepted(message).fact;
    CHECK(got.asked == at.now - 45s);
    CHECK(got.fresh_until == at.now + 15s);
}

TEST_CASE_METHOD(fixture, "fleet: a refusal from ahead of the store's clock counts as asked for now") {
    auto message = no();
    message.at = there + 50s;
    message.life = 30s;
    const auto got = as<refused>(message);
    CHECK(got.asked == at.now);
    CHECK(got.until == at.now + 30s);
    message.verified_at = at.wall_now + 1h;
    CHECK(as<refused>(message).asked == at.now);
}

TEST_CASE_METHOD(fixture, "fleet: what was asked in the future is rejected") {
    auto message = yes();
    message.at = there + 11s;
    message.verified_at = wall + 11s;
    CHECK(accepted(message).fact.asked == start + 11s);
    message.at += 1us;
    CHECK(as<fleet_defect>(message) == fleet_defect::future);
    message = yes();
    message.verified_at = at.wall_now + 5s;
    accepted(message);
    message.verified_at += 1us;
    CHECK(as<fleet_defect>(message) == fleet_defect::future);
}

TEST_CASE_METHOD(fixture, "without the store's time nothing is believed") {
    clock = {};
    CHECK(as<fleet_defect>(yes()) == fleet_defect::future);
}

TEST_CASE_METHOD(
    fixture, "fleet [8]: verdicts and pauses count among those that share a secret key, the rest from all") {
    auto pause = of(fleet_kind::pause);
    pause.until = there + 60s;
    for (auto message : {yes(), no(), pause, of(fleet_kind::failure), of(fleet_kind::key_refused)}) {
        INFO(static_cast<int>(message.kind));
        message.keys.clear();
        CHECK(as<fleet_defect>(message) == fleet_defect::foreign);
        message.keys = {others};
        CHECK(as<fleet_defect>(message) == fleet_defect::foreign);
        message.keys = {others, ours};  // the sender has a new key, and held ours until lately
        CHECK_FALSE(std::holds_alternative<fleet_defect>(fold(message, rules, clock, at)));
    }
    auto revocation = of(fleet_kind::revocation);
    revocation.token = some_token();
    revocation.until = there + 60s;
    auto block = of(fleet_kind::block);
    block.account = "gacct_1";
    for (auto message : {revocation, of(fleet_kind::purge), block}) {
        INFO(static_cast<int>(message.kind));
        message.keys = {others};
        CHECK_FALSE(std::holds_alternative<fleet_defect>(fold(message, rules, clock, at)));
    }
}

TEST_CASE_METHOD(fixture,
                 "fleet: a revocation ends when it says, and never after TTL + grace + 10 s from now") {
    auto message = of(fleet_kind::revocation);
    message.token = some_token();
    message.until = there + 70s;
    CHECK(as<fleet_change::revoked>(message).at == start);
    CHECK(as<fleet_change::revoked>(message).until == start + 70s);
    message.until = store_never;
    CHECK(as<fleet_change::revoked>(message).until == start + 10s + 70s);
    rules.grace = 30s;
    CHECK(as<fleet_change::revoked>(message).until == start + 10s + 100s);
    // Its sender has a shorter TTL: answers from before are used for longer here.
    message.until = there + 10s;
    CHECK(as<fleet_change::revoked>(message).until == start + 100s);
    at.now = start + 100s;
    as<fleet_change::nothing>(message);
}

TEST_CASE_METHOD(fixture, "fleet: a revocation counts also where its writer's clock was ahead") {
    auto message = of(fleet_kind::revocation);
    message.at = there + 40s;
    message.until = there + 110s;
    CHECK(as<fleet_change::revoked>(message).at == start + 10s);
    CHECK(as<fleet_change::revoked>(message).until == start + 80s);
}

TEST_CASE_METHOD(fixture, "fleet: a purge is of a token, an account or all, and of no later time than now") {
    auto message = of(fleet_kind::purge);
    CHECK(as<fleet_change::purged>(message).scope.extent == purge_scope::kind::all);
    CHECK(as<fleet_change::purged>(message).at == start);
    message.account = "gacct_1";
    CHECK(as<fleet_change::purged>(message).scope.extent == purge_scope::kind::account);
    CHECK(as<fleet_change::purged>(message).scope.name == "gacct_1");
    message.account.clear();
    message.fingerprint = "0123456789ab";
    CHECK(as<fleet_change::purged>(message).scope.extent == purge_scope::kind::token);
    CHECK(as<fleet_change::purged>(message).scope.name == "0123456789ab");
    message.at = there + 1h;
    CHECK(as<fleet_change::purged>(message).at == start + 10s);
}

TEST_CASE_METHOD(fixture, "fleet: a pause ends at its end, at most one hour ahead") {
    auto message = of(fleet_kind::pause);
    message.keys = {ours};
    message.until = there + 30s;
    CHECK(as<fleet_change::paused>(message).until == start + 30s);
    message.until = there + 48h;
    CHECK(as<fleet_change::paused>(message).until == start + 10s + 1h);
    message.until = there + 10s;
    as<fleet_change::nothing>(message);
}

TEST_CASE_METHOD(fixture, "fleet: a block ends when it says, and a lifting has ended") {
    auto message = of(fleet_kind::block);
    message.account = "gacct_1";
    message.until = store_never;
    CHECK(as<fleet_change::blocked>(message).until == gate::core::never);
    message.until = there + 1h;
    CHECK(as<fleet_change::blocked>(message).until == start + 1h);
    CHECK(as<fleet_change::blocked>(message).at == there);
    message.until = there;
    CHECK(as<fleet_change::blocked>(message).until <= at.now);
}

TEST_CASE_METHOD(fixture, "fleet: Gate's figures are those of the call that was asked") {
    auto message = yes();
    CHECK_FALSE(figure_of(message, rules, clock, at));
    message.limit = 600;
    message.remaining = 590;
    const auto got = figure_of(message, rules, clock, at);
    REQUIRE(got);
    CHECK(got->limit == 600);
    CHECK(got->remaining == 590);
    CHECK(got->asked == start);
    message.remaining = 1'000'000;
    CHECK(figure_of(message, rules, clock, at)->remaining == 600);
    message.keys = {others};
    CHECK_FALSE(figure_of(message, rules, clock, at));
}

TEST_CASE_METHOD(fixture,
                 "fleet: a token is renewed in the last tenth of its life, at the same time everywhere") {
    const auto message = yes();
    const auto due = accepted(message).fact.refresh_at;
    CHECK(due >= start + 54s);
    CHECK(due <= start + 59s);
    CHECK(fleet_refresh_point(start, start + 60s, some_token()) == due);
    CHECK(fleet_refresh_point(start, start + 60s, some_token('B')) != due);
    rules.refresh_ahead = false;
    CHECK(accepted(message).fact.refresh_at == gate::core::never);
}

TEST_CASE_METHOD(fixture, "fleet: a failure is news for as long as its call may have been waited for") {
    auto message = of(fleet_kind::failure);
    message.keys = {ours};
    message.token = some_token();
    message.refused_for = reason::gate_failing;
    message.at = there + 4s + 1us;  // a call takes 5 s at most, and a second more to be heard of
    CHECK(as<fleet_change::failed>(message).reason == reason::gate_failing);
    CHECK(as<fleet_change::failed>(message).asked == start + 4s + 1us);
    message.at = there + 4s;
    as<fleet_change::nothing>(message);
    rules.gate_timeout = 9s;
    as<fleet_change::failed>(message);
    message.at = there + 11s + 1us;
    CHECK(as<fleet_defect>(message) == fleet_defect::future);
}

TEST_CASE_METHOD(fixture, "fleet: a lock that was given back is news for as long as a call can take") {
    auto message = of(fleet_kind::release);  // from all, as it says nothing about Gate
    message.token = some_token();
    message.at = there + 4s + 1us;
    as<fleet_change::released>(message);
    message.at = there + 4s;
    as<fleet_change::nothing>(message);
    message.at = there + 11s;
    as<fleet_change::released>(message);
    message.at = there + 11s + 1us;
    CHECK(as<fleet_defect>(message) == fleet_defect::future);
}

TEST_CASE_METHOD(fixture, "fleet: a purge of so long ago that nothing from before it is in use is none") {
    const auto message = of(fleet_kind::purge);
    at.now = start + 70s - 1us;
    as<fleet_change::purged>(message);
    at.now = start + 70s;
    as<fleet_change::nothing>(message);
}

TEST_CASE_METHOD(fixture, "rule 13: a revocation outlasts a call that may take longer than 5 s") {
    auto message = of(fleet_kind::revocation);
    message.token = some_token();
    message.until = there + 70s;
    CHECK(as<fleet_change::revoked>(message).until == start + 70s);
    rules.gate_timeout = 60s;
    CHECK(as<fleet_change::revoked>(message).until == start + 125s);
}
