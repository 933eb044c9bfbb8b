#include <gate/net/waiting_line.hpp>

#include <catch.hpp>

using gate::net::waiting_line;

namespace {

struct fake_party final : gate::net::party {
    bool sated = false;
    mutable int looks = 0;

    void take() noexcept override {}
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

TEST_CASE("a party is asked once for each of its places") {
    waiting_line line;
    fake_party greedy, modest;
    greedy.sated = true;
    waiting_line::place places[] = {waiting_line::place(&greedy), waiting_line::place(&greedy),
                                    waiting_line::place(&greedy)};
    for (auto& each : places) line.join(each);
    waiting_line::place first(&modest), second(&modest);
    line.join(first);
    CHECK(line.next() == &first);
    line.join(second);
    CHECK(line.next() == &second);
    CHECK(greedy.looks == 3);
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
