// The invariants of token_facts.hpp, over the real class, in every order that the steps of simultaneous calls
// can have.
#include "all_orders.hpp"

#include <gate/auth/token_facts.hpp>

#include <algorithm>
#include <catch.hpp>
#include <functional>
#include <set>
#include <string>
#include <token_keys.hpp>
#include <vector>

using namespace gate::auth;
using namespace std::chrono_literals;
using gate::core::reason;
using gate::core::time_point;

namespace {

using facts_under_test = basic_token_facts<scheduled_threads>;

const time_point start{1000s};
const time_point later = start + 1s;  // all that happens here happens before
const time_point nothing = time_point::min();
const auto key = key_number(1);

// One run: the facts, what those who changed them have been told so far, and what was wrong with what others
// were told. Only the function whose turn it is touches it.
struct world {
    facts_under_test facts;
    time_point clock = start;
    bool revoke_begun = false, revoke_returned = false;
    time_point purged_at = nothing, purge_returned_at = nothing;
    std::set<time_point> accepted, refused;                      // all answers, by when they were asked for
    time_point last_accepted = nothing, last_refused = nothing;  // of those that have been stored
    std::set<std::string> wrong;

    explicit world(const facts_under_test::options& how) : facts(how) {}

    void expect(bool holds, const char* rule) {
        if (!holds) wrong.insert(rule);
    }
    time_point tick() {
        all_orders::step();
        return clock += 1ms;
    }

    void expect_usable(time_point asked) {
        expect(accepted.contains(asked), "what is good was asked for");
        expect(!revoke_returned, "1: nothing is good after a revocation");
        expect(asked > purge_returned_at, "2: nothing from before a purge is good after it");
        expect(asked > last_refused, "3: nothing is good that was refused since");
    }
};

finding look(world& of, std::string& account) {
    return of.facts.find(key, later, [&](std::string_view id) { account = id; });
}

// A call to Gate: its question, and what becomes of the answer.
void call_that_accepts(world& of) {
    const auto asked = of.tick();
    of.accepted.insert(asked);
    const auto account = std::to_string(asked.time_since_epoch().count());
    const bool was_revoked = of.revoke_returned;
    const auto counts = of.facts.learn(key, {account, asked, asked + 60s}, later);
    if (was_revoked) of.expect(counts.refused_for == reason::token_revoked, "1: a late answer is refused");
    if (counts.refused_for == reason::none) of.last_accepted = std::max(of.last_accepted, asked);
}

void call_that_refuses(world& of) {
    const auto asked = of.tick();
    of.refused.insert(asked);
    of.facts.refuse(key, {reason::token_invalid, asked, asked + 60s}, later);
    of.last_refused = std::max(of.last_refused, asked);
}

void revoke(world& of) {
    of.revoke_begun = true;
    of.facts.revoke(key, later);
    of.revoke_returned = true;
}

void purge(world& of) {
    const auto at = of.tick();
    of.purged_at = std::max(of.purged_at, at);
    of.facts.purge({}, at);
    of.purge_returned_at = std::max(of.purge_returned_at, at);
}

void find(world& of) {
    std::string account;
    const auto found = look(of, account);
    if (found.state == cache_state::hit) {
        of.expect_usable(found.asked);
        of.expect(account == std::to_string(found.asked.time_since_epoch().count()), "whole entries");
    }
    if (found.reason == reason::token_revoked) of.expect(of.revoke_begun, "what is revoked was revoked");
    if (found.reason != reason::token_invalid) return;
    of.expect(of.refused.contains(found.asked), "what is refused was asked for");
    of.expect(found.asked > of.last_accepted, "3: nothing is refused that was accepted since");
}

// As the proxy does: a request that was let pass is sent unless something was withdrawn meanwhile.
void send_request(world& of) {
    const auto seen = of.facts.withdrawals();
    std::string account;
    const auto found = look(of, account);
    if (found.state != cache_state::hit || of.facts.withdrawals() != seen) return;
    of.expect(!of.revoke_returned, "1: nothing is sent after a revocation");
    of.expect(found.asked > of.purge_returned_at, "2: nothing is sent after a purge");
}

// A stream that outlives its token's TTL looks, and has Gate asked again.
void renew(world& of) {
    const auto known = of.facts.recall(key, later, [](std::string_view) {});
    of.expect(!(known.was_accepted && known.last_refusal.reason != reason::none),
              "3: never good and refused");
    if (of.revoke_returned) of.expect(known.is_revoked && !known.was_accepted, "1: no stream is renewed");
    const bool vouches = known.was_accepted && !known.is_purged && known.fresh_until > known.asked;
    if (vouches && !known.is_revoked) of.expect_usable(known.asked);
    call_that_accepts(of);
}

// When all have returned, the order does not matter any more: the times say what is true.
void expect_fold(world& of) {
    std::string account;
    const auto found = look(of, account);
    const auto newest = [](const std::set<time_point>& all) { return all.empty() ? nothing : *all.rbegin(); };
    const auto yes = newest(of.accepted);
    const auto no = newest(of.refused);
    if (of.revoke_begun) {
        of.expect(found.reason == reason::token_revoked, "1: what was revoked is refused");
    } else if (yes > no) {
        const bool usable = yes > of.purged_at;
        of.expect(found.state == (usable ? cache_state::hit : cache_state::expired),
                  "3: the last yes counts");
        of.expect(found.asked == yes, "3: the last yes is kept");
    } else {
        const bool usable = no > of.purged_at;
        of.expect(found.state != cache_state::hit, "3: the last no counts");
        of.expect((found.state == cache_state::negative) == usable, "2: a purge also voids a no");
    }
}

using operation = void (*)(world&);

struct result {
    std::set<std::string> wrong;
    std::size_t orders = 0;
};

// On a token that Gate has accepted before.
result run_all_orders(const std::vector<operation>& operations) {
    result out;
    std::unique_ptr<world> now;
    all_orders schedule(operations.size());
    const auto make = [&] {
        now = std::make_unique<world>(facts_under_test::options{
            .accepted = 10, .refused = 10, .revoked = 10, .memory_of_revocations = 60s});
        call_that_accepts(*now);
        std::vector<std::function<void()>> functions;
        for (const auto each : operations) functions.emplace_back([&now, each] { each(*now); });
        return functions;
    };
    out.orders = schedule.run(make, [&] {
        expect_fold(*now);
        now->expect(!schedule.has_deadlock(), "no deadlock");
        out.wrong = now->wrong;
        return out.wrong.empty();
    });
    return out;
}

const std::vector<operation> all_operations{
    call_that_accepts, call_that_refuses, revoke, purge, find, send_request, renew};

}  // namespace

TEST_CASE("rule 13: facts about a token: any two calls, in all orders") {
    for (const auto first : all_operations) {
        for (const auto second : all_operations)
            REQUIRE(run_all_orders({first, second}).wrong == std::set<std::string>{});
    }
}

TEST_CASE("rule 13: facts about a token: three and four calls, in all orders") {
    const auto operations = GENERATE(values<std::vector<operation>>({
        {call_that_accepts, revoke, purge},
        {call_that_accepts, revoke, find, find},
        {call_that_accepts, purge, find, find},
        {call_that_accepts, call_that_accepts, revoke},
        {call_that_accepts, call_that_refuses, revoke},
        {call_that_accepts, call_that_refuses, find, find},
        {call_that_accepts, call_that_refuses, purge},
        {call_that_accepts, purge, send_request},
        {call_that_accepts, revoke, send_request},
        {call_that_refuses, revoke, send_request},
        {renew, revoke, find},
        {renew, purge, find},
        {renew, revoke, purge},
        {renew, call_that_refuses, revoke},
        {revoke, revoke, find, send_request},
        {purge, purge, find},
    }));
    const auto got = run_all_orders(operations);
    CHECK(got.wrong == std::set<std::string>{});
    CHECK(got.orders >= 60);
}

TEST_CASE("all orders of two functions are run, and none twice") {
    std::set<std::string> seen;
    std::string order;
    all_orders schedule(2);
    const auto steps_of = [&](char name) {
        return [&order, name] {
            for (int i = 0; i < 3; ++i) {
                all_orders::step();
                order += name;
            }
        };
    };
    const auto make = [&] {
        order.clear();
        return std::vector<std::function<void()>>{steps_of('a'), steps_of('b')};
    };
    CHECK(schedule.run(make, [&] { return seen.insert(order).second; }) == 20);  // 6! / (3! 3!)
}

TEST_CASE("rule 24: the bounds hold in all orders of answers for several tokens") {
    std::unique_ptr<facts_under_test> facts;
    all_orders schedule(3);
    bool holds = true;
    const auto make = [&] {
        facts = std::make_unique<facts_under_test>(facts_under_test::options{.accepted = 1, .refused = 1});
        std::vector<std::function<void()>> functions;
        for (std::uint64_t i = 0; i < 3; ++i) {
            functions.emplace_back([&facts, i] {
                facts->learn(key_number(i), {"gacct_1", start, start + 60s}, start);
                facts->refuse(key_number(i + 1), {reason::token_invalid, start, start + 60s}, start);
            });
        }
        return functions;
    };
    schedule.run(make, [&] {
        const auto sizes = facts->sizes();
        return holds = sizes.accepted <= 1 && sizes.refused <= 1;
    });
    CHECK(holds);
}
