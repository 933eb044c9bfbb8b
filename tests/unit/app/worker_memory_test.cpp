#include <gate/app/worker_memory.hpp>
#include <gate/core/frame_pool.hpp>

#include <catch.hpp>
#include <loop.hpp>
#include <memory>
#include <vector>

using namespace gate;

namespace {

void take_and_give_back(app::worker_memory& subject, std::size_t number) {
    std::vector<std::unique_ptr<protocol::exchange_memory>> taken;
    for (std::size_t i = 0; i < number; ++i) taken.push_back(subject.memories.take());
    for (auto& each : taken) subject.memories.give_back(std::move(each));
}

// Has the next round of trimming made now, and not after its usual time.
void trim(test::loop& on, app::worker_memory& subject) {
    const auto now = core::clock::now();
    subject.trim_due.set(now);
    on.run_until([&] { return subject.trim_due.when() != now; });
}

}  // namespace

TEST_CASE("trimming goes on after a burst, until two rounds in a row have found little") {
    test::loop on;
    app::worker_memory subject(on.wheel);
    core::trim_frames();
    take_and_give_back(subject, 100);
    const bool keeps_any = subject.memories.trim() != 0;
    take_and_give_back(subject, 100);
    trim(on, subject);
    if (!keeps_any) {  // under a sanitizer, all memory is given back immediately
        CHECK(subject.calm_in == 0);
        return;
    }
    CHECK(subject.calm_in == 2);
    CHECK(subject.trim_due.when() > core::clock::now());
    take_and_give_back(subject, 100);
    trim(on, subject);
    CHECK(subject.calm_in == 2);
    trim(on, subject);
    CHECK(subject.calm_in == 1);
    trim(on, subject);
    CHECK(subject.calm_in == 0);
    CHECK(subject.trim_due.when() == core::never);
}

TEST_CASE("a few requests from time to time are no burst") {
    test::loop on;
    app::worker_memory subject(on.wheel);
    core::trim_frames();
    take_and_give_back(subject, 2);
    trim(on, subject);
    CHECK(subject.calm_in == 0);
    CHECK(subject.trim_due.when() == core::never);
}
