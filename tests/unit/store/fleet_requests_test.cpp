#include <gate/store/fleet_requests.hpp>
#include <gate/store/message_codec.hpp>

#include <catch.hpp>

namespace {

using namespace gate;
using namespace gate::store;
using kind = auth::fleet_turn::kind;

const fleet_keys keys(core::secret_string(std::string(32, 'k')), "https://gate.test", "/verify");
const key_names names(keys);
const auto token = keys.id_of("agt_1");
const auto lock_key = names.lock(token);
const auth::store_time now{std::chrono::microseconds(1'800'000'000'123'456)};

reply text(std::string value) {
    return {.is = reply::form::text, .text = std::move(value)};
}
reply number(std::int64_t value) {
    return {.is = reply::form::number, .number = value};
}
reply list(std::vector<reply> items) {
    return {.is = reply::form::list, .items = std::move(items)};
}
const reply at = text("1800000000123456");

std::optional<auth::fleet_turn> turn(std::vector<reply> answer) {
    return turn_in(list(std::move(answer)), keys, lock_key);
}

TEST_CASE("each step that begin may answer is read") {
    const auto go = turn({text("go"), at});
    REQUIRE(go);
    CHECK(go->step == kind::go);
    CHECK(go->at == now);

    const auto read = turn({text("read"), at, text("5-6")});
    REQUIRE(read);
    CHECK(read->step == kind::read);
    CHECK(read->answer == auth::log_position{5, 6});
    CHECK(read->held == "done 5-6");

    const auto owner = keys.seal(lock_text("replica", now), lock_key);
    const auto wait = turn({text("wait"), at, text(owner), number(250)});
    REQUIRE(wait);
    CHECK(wait->step == kind::wait);
    CHECK(wait->held == owner);
    CHECK(wait->held_since == now);
    CHECK(wait->life == std::chrono::milliseconds(250));

    const auto later = turn({text("later"), at, number(1'234), text("waste")});
    REQUIRE(later);
    CHECK(later->step == kind::later);
    CHECK(later->pause == std::chrono::milliseconds(1'234));
    CHECK(later->for_waste);
}

TEST_CASE("a lock that nobody of the fleet holds has no time") {
    const auto forged = turn({text("wait"), at, text("forged"), number(-1)});
    REQUIRE(forged);
    CHECK_FALSE(forged->held_since);
    CHECK_FALSE(forged->life);
    // Sealed for the lock of another token.
    const auto moved = keys.seal(lock_text("replica", now), names.lock(keys.id_of("agt_2")));
    CHECK_FALSE(turn({text("wait"), at, text(moved), number(1)})->held_since);
    // Sealed by the fleet, but no lock.
    CHECK_FALSE(turn({text("wait"), at, text(keys.seal("short", lock_key)), number(1)})->held_since);
}

TEST_CASE("what begin cannot answer is no turn") {
    CHECK_FALSE(turn({}));
    CHECK_FALSE(turn({text("go")}));
    CHECK_FALSE(turn({text("go"), text("")}));
    CHECK_FALSE(turn({text("go"), text("-5")}));
    CHECK_FALSE(turn({text("go"), text("99999999999999999")}));
    CHECK_FALSE(turn({text("go"), number(5)}));
    CHECK_FALSE(turn({text("allow"), at}));
    CHECK_FALSE(turn({text("read"), at, text("x")}));
    CHECK_FALSE(turn({text("later"), at, text("soon")}));
    CHECK_FALSE(turn_in(text("go"), keys, lock_key));
    CHECK(turn({text("later"), at, number(-5), text("calls")})->pause == std::chrono::milliseconds(1));
    CHECK(turn({text("later"), at, number(1LL << 60U), text("calls")})->pause == std::chrono::hours(1));
}

TEST_CASE("times and beats are read, and nothing else") {
    CHECK(clock_in(list({text("1800000000"), text("123456")})) == now);
    CHECK(clock_in(list({text("1800000000"), text("5")}))->time_since_epoch().count() ==
          1'800'000'000'000'005);
    for (const auto& bad : {list({text("1800000000")}), list({text("1800000000"), text("1000000")}),
                            list({text("99999999999"), text("0")}), text("1800000000"), list({})})
        CHECK_FALSE(clock_in(bad));
    CHECK(time_in(list({at, text("5-6")})) == now);
    CHECK_FALSE(time_in(list({number(5)})));

    const auto one = beat_in(list({at, number(1), number(3)}));
    REQUIRE(one);
    CHECK(one->at == now);
    CHECK(one->was_known);
    CHECK(one->replicas == 3);
    CHECK(beat_in(list({at, number(0), number(1'000'000)}))->replicas == 100);
    CHECK(beat_in(list({at, number(0), number(-1)}))->replicas == 1);
    CHECK_FALSE(beat_in(list({at, number(0)})));
}

TEST_CASE("what a script has healed stands at the end of its reply") {
    const auto healed = healed_in(list({text("go"), at, list({number(2), number(1), number(300)})}));
    CHECK(healed.types == 2);
    CHECK(healed.sizes == 1);
    CHECK(healed.counts == 300);
    const auto lied = healed_in(list({at, list({number(1'000'000'000), number(-5), number(1LL << 60U)})}));
    CHECK(lied.types == 8);
    CHECK(lied.sizes == 0);
    CHECK(lied.counts == 1'000);
    for (const auto& none : {reply{}, number(1), list({}), list({at, number(3)}),
                             list({at, list({number(3)})}), list({at, list({number(3), number(3)})})})
        CHECK(healed_in(none).types == 0);
}

TEST_CASE("each script names all its keys, in the one slot of the fleet") {
    const auth::fleet_question question{
        .token = token, .seen = {5, 6}, .ignored = {}, .budget = 600, .budget_for_waste = 60};
    const auto begin = begin_call(names, question, "owner");
    CHECK(begin.keys == std::vector<std::string>{lock_key, keys.key(":c"), keys.key(":k")});
    CHECK(begin.arguments ==
          std::vector<std::string>{"owner", std::string(token.view()), "5-6", "", "600", "60", "60", "300"});
    auth::fleet_result result;
    result.outcome = auth::fleet_result::kind::refused;
    result.is_waste = true;
    const log_bounds bounds{.life = std::chrono::seconds(130)};
    const auto finish =
        finish_call(names, token, "owner", result, std::chrono::seconds(60), "sealed", bounds);
    CHECK(finish.keys == std::vector<std::string>{lock_key, keys.key(":c"), keys.key(":k"), keys.key(":ev")});
    CHECK(finish.arguments == std::vector<std::string>{"owner", std::string(token.view()), "no", "1", "60",
                                                       "sealed", "130000", "200000", "2000"});
    const auto publish = publish_call(names, "sealed", token, bounds);
    CHECK(publish.keys == std::vector<std::string>{keys.key(":ev"), keys.key(":k")});
    CHECK(publish.arguments.back() == token.view());
    const auto other = publish_call(names, "sealed", {}, bounds);
    CHECK(other.keys == std::vector<std::string>{keys.key(":ev")});
    CHECK(other.arguments == std::vector<std::string>{"sealed", "130000", "200000"});
    const auto beat = beat_call(names, "replica", bounds);
    CHECK(beat.keys == std::vector<std::string>{keys.key(":n"), keys.key(":ev")});
    CHECK(beat.arguments == std::vector<std::string>{"replica", "15", "130000"});
}

}  // namespace
