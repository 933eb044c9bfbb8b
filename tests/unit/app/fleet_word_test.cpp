#include <gate/app/explain.hpp>
#include <gate/app/fleet_word.hpp>

#include <catch.hpp>

namespace {

using namespace gate;
using namespace std::chrono_literals;
using app::fleet_word;
using core::reason;
using kind = fleet_word::kind;

bool holds(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

fleet_word accepted(std::chrono::seconds left = 48s) {
    fleet_word out;
    out.replicas = 3;
    out.state = kind::accepted;
    out.account = "gacct_1";
    out.age = 12s;
    out.left = left;
    return out;
}

fleet_word refused(std::chrono::seconds left = 20s) {
    fleet_word out;
    out.state = kind::refused;
    out.refused_for = reason::token_rejected;
    out.age = 10s;
    out.left = left;
    return out;
}

fleet_word revoked() {
    fleet_word out;
    out.state = kind::revoked;
    out.age = 5s;
    return out;
}

fleet_word blocked() {
    auto out = accepted();
    out.is_blocked = true;
    return out;
}

fleet_word purged() {
    auto out = accepted(0s);
    out.is_purged = true;
    return out;
}

fleet_word away(fleet_word word) {
    word.trouble = "unreachable";
    return word;
}

TEST_CASE("what the log says of a token decides as at a replica, and is told in a sentence") {
    struct row {
        fleet_word word;
        reason refusal;
        bool is_accepted;
        const char* said;
    };
    const row rows[] = {
        {accepted(), reason::none, true,
         "accepted the token 12 s ago (account 'gacct_1'); every replica uses"},
        {accepted(0s), reason::none, false, "too long ago, the next request asks Gate"},
        {purged(), reason::none, false, "has been purged: the next request asks Gate"},
        {blocked(), reason::account_blocked, false, "blocked the account: every replica refuses it"},
        {refused(), reason::token_rejected, false,
         "refused the token 10 s ago (token_rejected); every replica uses"},
        {refused(0s), reason::none, false, "too long ago, the next request asks Gate"},
        {revoked(), reason::token_revoked, false, "revoked the token 5 s ago: every replica refuses it"},
        {{}, reason::none, false, "the log says nothing of the token"},
    };
    for (const auto& [word, refusal, is_accepted, said] : rows) {
        INFO(said);
        CHECK(refusal_in(word) == refusal);
        CHECK(is_accepted_by(word) == is_accepted);
        CHECK(holds(text_of(word), said));
        // Nothing is believed of a reading that has failed.
        CHECK(refusal_in(away(word)) == reason::none);
        CHECK_FALSE(is_accepted_by(away(word)));
        CHECK(holds(text_of(away(word)), "the store cannot be asked (unreachable)"));
    }
}

TEST_CASE("without a token it is told whether the store answers, and for how many replicas") {
    fleet_word word;
    word.replicas = 1;
    CHECK(store_text_of(word) == "the store answers; 1 replica shares it");
    word.replicas = 3;
    CHECK(store_text_of(word) == "the store answers; 3 replicas share it");
    word.trouble = "late";
    CHECK(holds(store_text_of(word), "cannot be asked (late)"));
}

constexpr const char* shown = "GET / HTTP/1.1\nHost: a\nAuthorization: Bearer agt_1\n";

// The line of that name, without its name.
std::string line_of(const app::explanation& what, const std::string& name) {
    const auto at = what.text.find(name + ' ');
    if (at == std::string::npos) return {};
    return what.text.substr(at, what.text.find('\n', at) - at);
}

TEST_CASE("explain says what the log says of a token, and decides by it") {
    const config::config options;
    struct row {
        fleet_word word;
        bool is_refused;
        const char* decision;
    };
    const row rows[] = {
        {accepted(), false, "Gate is not asked: the fleet has the answer"},
        {accepted(0s), false, "Gate is asked unless the cache has the answer"},
        {blocked(), true, "refused with 403 account_blocked"},
        {refused(), true, "refused with 401 token_rejected"},
        {revoked(), true, "refused with 401 token_revoked"},
        {{}, false, "Gate is asked unless the cache has the answer"},
        {away(revoked()), false, "Gate is asked unless the cache has the answer"},
    };
    for (const auto& [word, is_refused, decision] : rows) {
        INFO(decision);
        std::string asked_for;
        const auto out = app::explain_head(options, shown, {}, [&, &told = word](std::string_view token) {
            asked_for = token;
            return told;
        });
        CHECK(asked_for == "agt_1");
        CHECK(out.refused == is_refused);
        CHECK(holds(line_of(out, "fleet"), text_of(word)));
        CHECK(holds(line_of(out, "decision"), decision));
    }
}

TEST_CASE("explain does not ask the log for what needs no answer, and lets shadow pass") {
    config::config options;
    unsigned asked = 0;
    const app::fleet_question ask = [&](std::string_view) {
        ++asked;
        return revoked();
    };
    CHECK(app::explain_head(options, "GET / HTTP/1.1\nHost: a\n", {}, ask).refused);
    CHECK(asked == 0);
    options.auth.shadow = true;
    const auto out = app::explain_head(options, shown, {}, ask);
    CHECK(asked == 1);
    CHECK_FALSE(out.refused);
    CHECK(holds(line_of(out, "fleet"), "revoked"));
}

}  // namespace
