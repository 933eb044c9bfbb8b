#include <gate/export/handover.hpp>

#include <catch.hpp>
#include <thread>

using gate::exporting::handover;

TEST_CASE("what is handed over comes out in order, and no more fits than there are places") {
    handover<int, 2> ring;
    auto one = std::make_unique<int>(1), two = std::make_unique<int>(2), three = std::make_unique<int>(3);
    CHECK(ring.is_empty());
    CHECK(ring.push(one));
    CHECK(ring.push(two));
    CHECK_FALSE(ring.push(three));
    CHECK(*three == 3);  // it stays
    CHECK(*ring.pop() == 1);
    CHECK(ring.push(three));
    CHECK(*ring.pop() == 2);
    CHECK(*ring.pop() == 3);
    CHECK(ring.pop() == nullptr);
}

TEST_CASE("two threads see each object once, and whole") {
    constexpr int all = 20'000;
    handover<int, 4> ring;
    std::thread giving([&] {
        for (int i = 1; i <= all;) {
            auto next = std::make_unique<int>(i);
            while (!ring.push(next)) std::this_thread::yield();
            ++i;
        }
    });
    int last = 0;
    while (last < all) {
        if (const auto got = ring.pop()) {
            if (*got != last + 1) break;
            last = *got;
        } else {
            std::this_thread::yield();
        }
    }
    giving.join();
    CHECK(last == all);
}
