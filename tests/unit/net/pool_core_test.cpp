#include <gate/net/pool_core.hpp>

#include <catch.hpp>
#include <deque>

using namespace gate;
using namespace std::chrono_literals;
using net::pool_core;
using net::slot_request;
using state = slot_request::state;
using action_kind = pool_core::action::kind;
using offered = pool_core::offer_result::kind;
using expiry = pool_core::expiry;

namespace {

constexpr core::time_point start{};

struct party final : net::party {
    std::size_t share;
    std::size_t held = 0;
    std::size_t uncounted = 0;

    explicit party(std::size_t may_hold) : share(may_hold) {}
    void take(bool counted) noexcept override { ++(counted ? held : uncounted); }
    void give_back() noexcept override { --held; }
    bool has_its_share() const noexcept override { return held >= share; }
};

// The core with workers that do as they are told, when a test lets them.
struct pool {
    pool_core core{};
    std::size_t leased = 0;
    std::deque<slot_request> requests{};
    std::vector<slot_request*> resumed{};
    std::vector<unsigned> told{};  // to look

    pool(std::size_t connections, unsigned workers) {
        for (unsigned i = 0; i < workers; ++i) core.join();
        core.configure(connections);
        act();
    }
    void act() {
        for (auto todo = core.next_action(); todo.step != action_kind::none; todo = core.next_action()) {
            if (todo.step == action_kind::ask_to_look) {
                told.push_back(todo.worker);
            } else {
                resumed.push_back(todo.request);
                leased += todo.request->now == state::granted ? 1 : 0;
            }
        }
    }
    slot_request& ask(unsigned worker, net::party* who = nullptr, bool is_retry = false) {
        auto& one = requests.emplace_back(worker, who, is_retry, start + 1s);
        core.ask(one, leased);
        leased += one.now == state::granted ? 1 : 0;
        act();
        return one;
    }
    void release() {
        --leased;
        core.release();
        act();
    }
    // Without anything to offer.
    void all_look() {
        for (const auto each : std::exchange(told, {})) {
            core.has_looked(each, leased);
            act();
        }
    }
};

}  // namespace

TEST_CASE("slots are granted up to the limit, whichever worker asks, and then in the order of arrival") {
    pool p(2, 3);
    CHECK(p.ask(0).now == state::granted);
    CHECK(p.ask(1).now == state::granted);
    auto& first = p.ask(2);
    auto& second = p.ask(0);
    CHECK(first.now == state::waiting);
    CHECK(second.now == state::waiting);
    p.release();
    CHECK(p.resumed == std::vector{&first});
    CHECK(first.now == state::granted);
    CHECK(p.core.in_use() == 2);
    p.release();
    CHECK(second.now == state::granted);
}

TEST_CASE("when somebody begins to wait, every worker is asked to look, once") {
    pool p(8, 3);
    for (int i = 0; i < 8; ++i) p.ask(0);
    p.all_look();  // because slots are scarce
    CHECK(p.told.empty());
    p.ask(1);
    CHECK(p.told == std::vector{0U, 1U, 2U});
    p.ask(1);
    CHECK(p.told.size() == 3);
    p.all_look();
    p.ask(1);
    CHECK(p.told.empty());  // whatever came free since has been offered
}

TEST_CASE("an idle connection is kept, unless somebody waits or there are too many") {
    pool p(2, 2);
    p.ask(0);
    p.ask(0);
    CHECK(p.core.offer().step == offered::keep);
    auto& waits = p.ask(1);
    const auto given = p.core.offer();
    CHECK(given.step == offered::hand_over);
    CHECK(given.to == &waits);
    CHECK(waits.now == state::granted);
    CHECK(p.core.in_use() == 2);  // with its slot
    p.core.configure(1);
    CHECK(p.core.offer().step == offered::close);
    CHECK(p.core.in_use() == 1);
    CHECK(p.core.offer().step == offered::keep);
}

TEST_CASE("a request is refused when its time has passed and every worker has looked") {
    pool p(1, 2);
    p.ask(0);
    p.all_look();
    auto& one = p.ask(1);
    const auto late = one.until;
    CHECK(p.core.expire(one, late) == expiry::ask_again_later);
    p.core.has_looked(0, p.leased);
    CHECK(p.core.expire(one, late) == expiry::ask_again_later);
    p.core.has_looked(1, p.leased);
    CHECK(p.core.expire(one, late) == expiry::refused);
    CHECK(one.now == state::busy);
    CHECK_FALSE(p.core.somebody_waits());
}

TEST_CASE("a worker that does not look is not waited for without end") {
    pool p(1, 2);
    p.ask(0);
    auto& one = p.ask(1);
    CHECK(p.core.expire(one, one.until + pool_core::patience - 1ms) == expiry::ask_again_later);
    CHECK(p.core.expire(one, one.until + pool_core::patience) == expiry::refused);
}

TEST_CASE("a worker that goes is not waited for") {
    pool p(1, 2);
    p.ask(0);
    p.core.has_looked(0, p.leased);
    auto& one = p.ask(0);
    p.core.has_looked(0, p.leased);
    p.core.leave(1, p.leased);
    CHECK(p.core.expire(one, one.until) == expiry::refused);
    p.told.clear();
    p.ask(0);
    CHECK(p.told == std::vector{0U});
}

TEST_CASE("who has been granted a slot does not expire") {
    pool p(1, 1);
    p.ask(0);
    auto& one = p.ask(0);
    p.release();
    CHECK(p.core.expire(one, one.until + 1h) == expiry::settled_before);
    CHECK(one.now == state::granted);
}

TEST_CASE("a higher limit serves those who wait; a lower one lets the connections in use end") {
    pool p(1, 2);
    p.ask(0);
    auto& second = p.ask(0);
    auto& third = p.ask(1);
    p.core.configure(3);
    p.act();
    CHECK(second.now == state::granted);
    CHECK(third.now == state::granted);
    p.all_look();
    p.core.configure(1);
    p.act();
    CHECK(p.told.size() == 2);  // idle ones are to be closed
    CHECK(p.core.is_exceeded());
    auto& fourth = p.ask(1);
    p.release();
    p.release();
    CHECK(fourth.now == state::waiting);
    CHECK(p.core.in_use() == 1);
    CHECK_FALSE(p.core.is_exceeded());
    p.release();
    CHECK(fourth.now == state::granted);
}

TEST_CASE("rule 27: whose connections they are is counted before it matters") {
    pool p(16, 2);
    party greedy(8);
    for (int i = 0; i < 11; ++i) p.ask(0, &greedy);
    CHECK(p.told.empty());
    CHECK(greedy.held == 0);
    p.ask(0, &greedy);  // the twelfth
    CHECK(p.told == std::vector{0U, 1U});
    CHECK(p.core.is_scarce());
    p.ask(0, &greedy);
    CHECK(greedy.held == 1);
    while (p.core.in_use() > 6) p.release();
    CHECK(p.core.is_scarce());
    p.release();
    CHECK_FALSE(p.core.is_scarce());
}

TEST_CASE("rule 27: while few are free, a party that has its share is refused, and a retry is not") {
    pool p(16, 1);
    party greedy(8), modest(8);
    greedy.held = 8;
    for (int i = 0; i < 15; ++i) p.ask(0);
    p.all_look();
    CHECK(p.ask(0, &greedy).now == state::share_exceeded);
    CHECK(p.ask(0, &modest).now == state::granted);
    p.release();
    CHECK(p.ask(0, &greedy, true).now == state::granted);
    p.release();
    p.release();
    CHECK(p.ask(0, &greedy).now == state::granted);  // two were free
}

TEST_CASE("rule 27: while not all workers have counted, nobody is judged by its share") {
    pool p(16, 2);
    party greedy(1), modest(2);
    for (int i = 0; i < 15; ++i) p.ask(0);
    auto& too_many = p.ask(0, &greedy);
    auto& fair = p.ask(0, &modest);
    CHECK(too_many.now == state::waiting);
    CHECK(fair.now == state::waiting);
    p.core.has_looked(1, p.leased);
    greedy.held = 1;  // worker 0 counts
    p.core.has_looked(0, p.leased);
    p.act();
    CHECK(too_many.now == state::share_exceeded);
    CHECK(fair.now == state::granted);
    CHECK(p.resumed == std::vector{&too_many, &fair});
}

TEST_CASE("rule 27: who waits and is granted a slot counts before the next is judged") {
    pool p(2, 1);
    party other(2), one(1);
    p.ask(0, &other);
    p.ask(0, &other);
    p.all_look();
    auto& first = p.ask(0, &one);
    auto& second = p.ask(0, &one);
    auto& third = p.ask(0);
    p.all_look();
    p.release();
    CHECK(first.now == state::granted);
    CHECK(one.held == 1);
    p.release();
    CHECK(third.now == state::granted);
    p.release();
    CHECK(second.now == state::granted);  // nobody else waits
}
