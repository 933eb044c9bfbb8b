#include <gate/telemetry/refusal_ring.hpp>

#include <catch.hpp>
#include <string>

using namespace gate;
using namespace gate::telemetry;
using namespace std::chrono_literals;
using core::reason;

namespace {

access_record request(reason decision, std::string_view fingerprint = {}, int second = 0) {
    access_record out;
    out.time = core::wall_clock::time_point(std::chrono::seconds(second));
    out.decision = decision;
    out.token_fingerprint = fingerprint;
    out.status = 401;
    return out;
}

std::vector<refusal> all_of(const refusal_ring& ring) {
    std::vector<refusal> out;
    ring.append_to(out);
    return out;
}

}  // namespace

TEST_CASE("what is a refusal") {
    const auto is = [](reason decision, reason failure = reason::none, bool in_shadow = false) {
        return refusal_of(decision, failure, in_shadow);
    };
    CHECK(is(reason::none) == reason::none);
    CHECK(is(reason::token_verified) == reason::none);
    CHECK(is(reason::public_path) == reason::none);
    CHECK(is(reason::token_missing) == reason::token_missing);
    CHECK(is(reason::gate_timeout) == reason::gate_timeout);
    CHECK(is(reason::token_missing, reason::none, true) == reason::token_missing);
    CHECK(is(reason::none, reason::bad_host) == reason::bad_host);
    CHECK(is(reason::none, reason::draining) == reason::draining);
    CHECK(is(reason::token_verified, reason::token_revoked) == reason::token_revoked);
    CHECK(is(reason::token_verified, reason::upstream_share_exceeded) == reason::upstream_share_exceeded);
    SECTION("what fails elsewhere is none") {
        for (const auto failure : {reason::upstream_refused, reason::upstream_timeout,
                                   reason::upstream_tls_name, reason::client_gone, reason::client_too_slow})
            CHECK(is(reason::token_verified, failure) == reason::none);
    }
    SECTION("a target that is not acceptable counts in shadow, where it was decided about") {
        CHECK(is(reason::bad_target, reason::none, true) == reason::bad_target);
        CHECK(is(reason::bad_target, reason::none, false) == reason::none);
    }
}

TEST_CASE("what is known of a refused request is kept, and no other request") {
    refusal_ring ring;
    ring.note(request(reason::token_verified, "0123456789ab"));
    CHECK(all_of(ring).empty());
    auto refused = request(reason::account_blocked, "0123456789ab", 7);
    refused.method = "DELETE";
    refused.path = "/orders/17";
    refused.route = "orders";
    refused.client_address = "203.0.113.9";
    refused.account_id = "gacct_x";
    refused.ids.request = "theirs";
    refused.ids.error = "ours";
    refused.status = 403;
    refused.in_shadow = true;
    ring.note(refused);
    const auto kept = all_of(ring);
    REQUIRE(kept.size() == 1);
    CHECK(kept[0].time == refused.time);
    CHECK(kept[0].reason == reason::account_blocked);
    CHECK(kept[0].status == 403);
    CHECK(kept[0].in_shadow);
    CHECK(kept[0].method.view() == "DELETE");
    CHECK(kept[0].path.view() == "/orders/17");
    CHECK(kept[0].route.view() == "orders");
    CHECK(kept[0].client_address.view() == "203.0.113.9");
    CHECK(kept[0].token_fingerprint.view() == "0123456789ab");
    CHECK(kept[0].account_id.view() == "gacct_x");
    CHECK(kept[0].request_id.view() == "theirs");
    CHECK(kept[0].error_id.view() == "ours");
}

TEST_CASE("texts of strangers are cut between characters, and show no token") {
    refusal_ring ring;
    auto refused = request(reason::token_missing);
    const std::string long_path = "/" + std::string(158, 'x') + "\xC3\xA4 and more";
    refused.path = long_path;
    refused.ids.request = "agt_verysecret";
    ring.note(refused);
    const std::string beyond = std::string(155, '/') + "agt_verysecretverysecret";
    refused.path = beyond;
    ring.note(refused);
    const auto kept = all_of(ring);
    CHECK(kept[0].path.view() == long_path.substr(0, 159));
    CHECK(kept[0].request_id.view() == "agt_***");
    CHECK(kept[1].path.view() == std::string(155, '/') + "agt_*");
}

TEST_CASE("the newest stay, however many come") {
    refusal_ring ring;
    for (int i = 0; i < 1000; ++i) ring.note(request(reason::token_missing, {}, i));
    const auto kept = newest(all_of(ring), 100);
    REQUIRE(kept.size() == refusal_ring::capacity);
    for (std::size_t i = 0; i < kept.size(); ++i)
        CHECK(kept[i].time.time_since_epoch() == std::chrono::seconds(999 - static_cast<int>(i)));
}

TEST_CASE("neither those with a token nor those without one hide the others") {
    refusal_ring ring;
    for (int i = 0; i < 80; ++i) ring.note(request(reason::token_invalid, "0123456789ab", i));
    for (int i = 0; i < 1000; ++i) ring.note(request(reason::token_missing, {}, 1000 + i));
    const auto count_named = [](const std::vector<refusal>& of) {
        return std::ranges::count_if(of,
                                     [](const refusal& one) { return one.token_fingerprint.view() != ""; });
    };
    CHECK(count_named(newest(all_of(ring), 100)) == 50);
    CHECK(newest(all_of(ring), 100).size() == 100);
    CHECK(newest(all_of(ring), 1000).size() == 180);
    SECTION("where there are few of a kind, the others have the room") {
        refusal_ring few;
        few.note(request(reason::token_invalid, "0123456789ab"));
        for (int i = 0; i < 1000; ++i) few.note(request(reason::token_missing, {}, 1 + i));
        const auto shown = newest(all_of(few), 100);
        CHECK(shown.size() == 100);
        CHECK(count_named(shown) == 1);
        CHECK(shown.back().reason == reason::token_invalid);
    }
    SECTION("and the other way round") {
        refusal_ring few;
        few.note(request(reason::token_missing));
        for (int i = 0; i < 1000; ++i) few.note(request(reason::token_invalid, "0123456789ab", 1 + i));
        const auto shown = newest(all_of(few), 100);
        CHECK(shown.size() == 100);
        CHECK(count_named(shown) == 99);
    }
}
