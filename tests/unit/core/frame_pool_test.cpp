#include <gate/core/frame_pool.hpp>

#include <catch.hpp>
#include <vector>

using namespace gate::core;

namespace {

constexpr std::size_t frame = 1024;

void take_at_once(std::size_t number) {
    std::vector<void*> taken;
    for (std::size_t i = 0; i < number; ++i) taken.push_back(allocate_frame(frame));
    for (void* each : taken) free_frame(each, frame);
}

}  // namespace

TEST_CASE("what a burst has left is given back, and what is in use from time to time is kept") {
    if (!recycles_memory) return;
    trim_frames();
    trim_frames();
    REQUIRE(trim_frames() == 0);
    take_at_once(100);
    CHECK(trim_frames() == 100 * frame);  // needed since the last call
    take_at_once(10);
    CHECK(trim_frames() == 10 * frame);
    take_at_once(10);
    CHECK(trim_frames() == 10 * frame);
    CHECK(trim_frames() == 0);
}

TEST_CASE("no more is kept than the bound, however many frames there were") {
    if (!recycles_memory) return;
    take_at_once(10'000);
    CHECK(trim_frames() <= std::size_t{4} << 20);
}
