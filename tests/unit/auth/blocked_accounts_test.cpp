#include <gate/auth/blocked_accounts.hpp>

#include <array>
#include <atomic>
#include <catch.hpp>
#include <thread>

using namespace gate;
using namespace std::chrono_literals;
using auth::blocked_accounts;
using auth::blocked_view;

namespace {

const core::time_point now{1h};

void set_term(blocked_accounts& all, std::string account, core::time_point until, core::time_point at) {
    const std::array one{auth::account_term{std::move(account), until}};
    all.set_terms(one, at);
}

}  // namespace

TEST_CASE("an account is blocked by the file or by an operator, each apart from the other") {
    blocked_accounts all;
    blocked_view view(all);
    CHECK_FALSE(view.is_blocked("gacct_1", now));

    all.take_file({"gacct_1", "gacct_2"});
    CHECK(view.is_blocked("gacct_1", now));
    CHECK(all.block("gacct_1", core::never));
    all.take_file({"gacct_2"});
    CHECK(view.is_blocked("gacct_1", now));
    CHECK(all.unblock("gacct_1"));
    CHECK_FALSE(view.is_blocked("gacct_1", now));
    CHECK_FALSE(all.unblock("gacct_1"));

    CHECK_FALSE(all.unblock("gacct_2"));
    CHECK(view.is_blocked("gacct_2", now));
    all.take_file({});
    CHECK_FALSE(view.is_blocked("gacct_2", now));
}

TEST_CASE("a block is for one account exactly") {
    blocked_accounts all;
    all.block("gacct_1", core::never);
    all.take_file({"gacct_3"});
    blocked_view view(all);
    for (const auto* other : {"gacct_", "gacct_11", "GACCT_1", "", "gacct_2", "gacct_31", "GACCT_3"}) {
        CAPTURE(other);
        CHECK_FALSE(view.is_blocked(other, now));
    }
}

TEST_CASE("a block with a term ends by itself, and the longest term counts") {
    blocked_accounts all;
    blocked_view view(all);
    all.block("gacct_1", now + 1h);
    CHECK(view.is_blocked("gacct_1", now + 1h - 1ns));
    CHECK_FALSE(view.is_blocked("gacct_1", now + 1h));
    all.block("gacct_1", now + 2h);
    CHECK(view.is_blocked("gacct_1", now + 1h));
    CHECK(all.block("gacct_1", now + 1min) == now + 2h);
    CHECK(view.is_blocked("gacct_1", now + 1h));
    CHECK(all.unblock("gacct_1"));
    CHECK(all.block("gacct_1", now + 1min) == now + 1min);
    CHECK_FALSE(view.is_blocked("gacct_1", now + 1h));

    all.block("gacct_2", core::never);
    CHECK(all.block("gacct_2", now + 1min) == core::never);
    CHECK(all.end_terms(now + 1min) == std::vector<std::string>{"gacct_1"});
    CHECK(all.end_terms(now + 1min).empty());
    CHECK(all.current()->by_operator->size() == 1);
    CHECK(view.is_blocked("gacct_2", now + 1000h));
}

TEST_CASE("what is added is told after it can be seen, and what is taken away is not") {
    int told = 0;
    blocked_accounts* subject = nullptr;
    blocked_accounts all([&] {
        ++told;
        CHECK_FALSE(subject->current()->is_empty());
    });
    subject = &all;
    all.block("gacct_1", core::never);
    CHECK(told == 1);
    all.take_file({"gacct_2"});
    CHECK(told == 2);
    all.unblock("gacct_1");
    all.end_terms(now);
    CHECK(told == 2);
}

TEST_CASE("operators block a bounded number of accounts") {
    blocked_accounts all({}, 3);
    for (const auto* each : {"g0", "g1", "g2"}) REQUIRE(all.block(each, now));
    CHECK_FALSE(all.block("one_more", core::never));
    CHECK(all.block("g0", now));  // it is one of them
    CHECK(all.end_terms(now).size() == 3);
    CHECK(all.block("one_more", core::never));
}

TEST_CASE("a view of another thread sees a block that has returned") {
    blocked_accounts all;
    std::atomic<int> blocked{0};
    std::atomic<bool> over{false};
    std::atomic<bool> was_missed{false};
    std::thread reader([&] {
        blocked_view view(all);
        while (!over) {
            const auto known = blocked.load();
            if (known > 0 && !view.is_blocked("g" + std::to_string(known), now)) was_missed = true;
        }
    });
    for (int i = 1; i <= 200; ++i) {
        all.block("g" + std::to_string(i), core::never);
        blocked = i;
    }
    over = true;
    reader.join();
    CHECK_FALSE(was_missed);
}

TEST_CASE("fleet: what the fleet says of an account replaces what was there, longer or shorter") {
    int told = 0;
    blocked_accounts all([&told] { ++told; }, 2);
    blocked_view view(all);
    all.block("gacct_1", core::never);
    set_term(all, "gacct_1", now + 10s, now);
    CHECK(view.is_blocked("gacct_1", now + 9s));
    CHECK_FALSE(view.is_blocked("gacct_1", now + 10s));
    set_term(all, "gacct_1", now, now);
    CHECK_FALSE(view.is_blocked("gacct_1", now));
    set_term(all, "gacct_1", now, now);  // a lifting of nothing
    set_term(all, "gacct_1", core::never, now);
    set_term(all, "gacct_2", core::never, now);
    set_term(all, "gacct_3", core::never, now);
    CHECK(view.is_blocked("gacct_2", now));
    CHECK_FALSE(view.is_blocked("gacct_3", now));
    CHECK(told == 5);
}

TEST_CASE("fleet: blocks that have ended make room for another one") {
    blocked_accounts all({}, 2);
    blocked_view view(all);
    set_term(all, "gacct_1", now + 10s, now);
    set_term(all, "gacct_2", now + 20s, now);
    set_term(all, "gacct_3", core::never, now + 9s);
    CHECK_FALSE(view.is_blocked("gacct_3", now + 9s));
    set_term(all, "gacct_3", core::never, now + 10s);
    CHECK(view.is_blocked("gacct_3", now + 10s));
    CHECK(view.is_blocked("gacct_2", now + 10s));
}

TEST_CASE("fleet: of what is said of an account in one go the last counts, and it is told once") {
    int told = 0;
    blocked_accounts all([&told] { ++told; });
    blocked_view view(all);
    const std::array terms{auth::account_term{"gacct_1", core::never},
                           auth::account_term{"gacct_2", core::never}, auth::account_term{"gacct_1", now}};
    all.set_terms(terms, now);
    CHECK_FALSE(view.is_blocked("gacct_1", now));
    CHECK(view.is_blocked("gacct_2", now));
    CHECK(told == 1);
}
