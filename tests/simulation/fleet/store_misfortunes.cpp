#include "store_misfortunes.hpp"

namespace gate::simulation {

void store_misfortunes::start() {
    for (const auto& each : cell_.store_troubles) core::spawn(befall(each));
    if (cell_.under != attack::none) core::spawn(write_without_key());
}

core::task<> store_misfortunes::befall(store_trouble what) {
    co_await queue_.until(began_ + what.when.from);
    if (what.what == store_fault::full) {
        store_.refuse_writes(true);
        co_await queue_.until(began_ + what.when.to);
        store_.refuse_writes(false);
    } else if (what.what == store_fault::fails_over) {
        store_.lose_last(1s);
        store_.move_clock(what.clock);
    } else if (what.what == store_fault::killed) {
        store_.wipe();  // it kept nothing on a disk
    }
    while (what.what == store_fault::wiped && queue_.now() < began_ + what.when.to) {
        store_.wipe();
        co_await queue_.until(queue_.now() + what.latency);
    }
}

core::task<> store_misfortunes::write_without_key() {
    while (queue_.now() < began_ + cell_.base.length) {
        co_await queue_.until(queue_.now() + 50ms);
        if (cell_.under == attack::history_set_back) {
            const auto before = store_.add_far_entry();
            co_await queue_.until(queue_.now() + 1ms);
            store_.remove_far_entry(before);
        } else if (cell_.under == attack::filled_calls) {
            store_.fill_calls(1'000'000, 1'000'000);
        } else {
            for (std::size_t i = 0; i < cell_.base.good.tokens; ++i) store_.forge_lock(i);
        }
    }
}

}  // namespace gate::simulation
