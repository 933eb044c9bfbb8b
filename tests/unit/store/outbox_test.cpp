#include <gate/store/outbox.hpp>

#include <catch.hpp>

namespace {

using namespace gate;
using namespace gate::store;
using numbers = std::vector<std::uint64_t>;
using std::chrono::seconds;

const core::time_point start = core::time_point() + std::chrono::hours(1);

outbox::letter notice(bool is_kept, core::time_point young_until = start + seconds(70)) {
    outbox::letter out;
    out.notice.emplace();
    out.is_kept = is_kept;
    out.young_until = young_until;
    return out;
}

outbox::letter verdict(std::uint64_t connection) {
    outbox::letter out;
    out.verdict = "sealed";
    out.connection = connection;
    out.young_until = start + seconds(60);
    return out;
}

TEST_CASE("what is not acknowledged is sent again each second while it is young") {
    outbox box;
    const auto number = box.add(notice(false));
    CHECK(box.next_due() <= start);
    CHECK(box.take_due(start, 10) == numbers{number});
    CHECK(box.next_due() == start + seconds(1));
    CHECK(box.take_due(start + std::chrono::milliseconds(999), 10).empty());
    CHECK(box.take_due(start + seconds(1), 10) == numbers{number});
    CHECK(box.take_due(start + seconds(70), 10).empty());
    CHECK(box.size() == 0);
}

TEST_CASE("what is acknowledged is sent no more, and what a store may lose is kept for it") {
    outbox box;
    std::vector<bool> told;
    auto once = notice(false);
    once.acknowledged = [&](bool is) { told.push_back(is); };
    const auto first = box.add(std::move(once));
    const auto second = box.add(notice(true));
    box.take_due(start, 10);
    box.acknowledge(first);
    box.acknowledge(first);
    box.acknowledge(second);
    CHECK(told == std::vector<bool>{true});
    CHECK(box.size() == 1);
    CHECK(box.take_due(start + seconds(5), 10).empty());
    CHECK(box.next_due() == core::never);
    box.begin_again(2);
    CHECK(box.take_due(start + seconds(6), 10) == numbers{second});
}

TEST_CASE("a verdict is of no use on another connection") {
    outbox box;
    const auto old = box.add(verdict(1));
    const auto young = box.add(verdict(2));
    CHECK(box.take_due(start, 10) == numbers{old, young});
    box.begin_again(2);
    CHECK(box.find(old) == nullptr);
    CHECK(box.take_due(start, 10) == numbers{young});
}

TEST_CASE("a full box drops its oldest letter, and tells who waits for it") {
    outbox box;
    std::vector<bool> told;
    auto oldest = notice(true);
    oldest.acknowledged = [&](bool is) { told.push_back(is); };
    const auto number = box.add(std::move(oldest));
    for (std::size_t i = 0; i < outbox::most; ++i) box.add(notice(true));
    CHECK(box.size() == outbox::most);
    CHECK(box.find(number) == nullptr);
    CHECK(told == std::vector<bool>{false});
}

TEST_CASE("many letters are sent in portions") {
    outbox box;
    for (int i = 0; i < 5; ++i) box.add(notice(false));
    CHECK(box.take_due(start, 3) == numbers{1, 2, 3});
    CHECK(box.next_due() <= start);
    CHECK(box.take_due(start, 3) == numbers{4, 5});
}

}  // namespace
