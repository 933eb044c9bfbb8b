#include <gate/net/waiting_line.hpp>

#include <catch.hpp>
#include <deque>

using gate::net::waiting_line;

namespace {

struct fake_party final : gate::net::party {
    bool sated = false;
    mutable int looks = 0;

    void take(bool) noexcept override {}
    void give_back() noexcept override {}
    bool has_its_share() const noexcept override {
        ++looks;
        return sated;
    }
};

}  // namespace

TEST_CASE("who has waited longest is next") {
    waiting_line line;
    fake_party who;
    waiting_line::place a(&who), b(nullptr), c(&who);
    CHECK(line.empty());
    CHECK(line.next() == nullptr);
    line.join(a);
    line.join(b);
    line.join(c);
    CHECK(line.next() == &a);
    CHECK(line.next() == &b);
    CHECK_FALSE(line.empty());
    CHECK(line.next() == &c);
    CHECK(line.empty());
}

TEST_CASE("rule 27: a newcomer is served before those that have their share, and these are not forgotten") {
    waiting_line line;
    fake_party greedy, modest;
    waiting_line::place first(&greedy), second(&greedy), newcomer(&modest);
    line.join(first);
    line.join(second);
    line.join(newcomer);
    greedy.sated = true;
    CHECK(line.next() == &newcomer);
    CHECK(line.next() == &first);
    CHECK_FALSE(line.empty());
    CHECK(line.next() == &second);
    CHECK(line.empty());
}

TEST_CASE("rule 27: who has its share no longer is not last any more") {
    waiting_line line;
    fake_party once_greedy, greedy, modest;
    once_greedy.sated = greedy.sated = true;
    waiting_line::place first(&greedy), relieved(&once_greedy), served(&modest), last(&modest);
    for (auto* each : {&first, &relieved, &served, &last}) line.join(*each);
    CHECK(line.next() == &served);
    once_greedy.sated = false;
    CHECK(line.next() == &relieved);
    CHECK(line.next() == &last);
    CHECK(line.next() == &first);
}

TEST_CASE("however many have their share, each of them is looked at again, and only a few each time") {
    waiting_line line;
    fake_party greedy, modest;
    greedy.sated = true;
    std::deque<waiting_line::place> places;
    for (int i = 0; i < 100; ++i) line.join(places.emplace_back(&greedy));
    fake_party once_greedy;
    once_greedy.sated = true;
    waiting_line::place relieved(&once_greedy), newcomer(&modest);
    line.join(relieved);
    line.join(newcomer);
    CHECK(line.next() == &newcomer);
    once_greedy.sated = false;
    greedy.looks = 0;
    bool is_served = false;
    for (int i = 0; i < 10 && !is_served; ++i) {
        waiting_line::place another(&modest);
        line.join(another);
        is_served = line.next() == &relieved;
        CHECK(greedy.looks <= (i + 1) * waiting_line::looked_at_again);
    }
    CHECK(is_served);
}

TEST_CASE("whoever leaves is not next, wherever it stands") {
    waiting_line line;
    fake_party greedy, modest;
    greedy.sated = true;
    waiting_line::place sated(&greedy), gone(&modest), last(&modest);
    line.join(sated);
    line.join(gone);
    line.join(last);
    gone.leave();
    CHECK(line.next() == &last);
    sated.leave();
    CHECK(line.empty());
    {
        waiting_line::place short_lived(&modest);
        line.join(short_lived);
    }
    CHECK(line.next() == nullptr);
}
