#include "store_line.hpp"

#include <algorithm>

namespace gate::simulation {
namespace {

constexpr double usual_way_us = 200;  // on average, beyond the least
constexpr core::time_point::duration least_way = std::chrono::microseconds(100);

}  // namespace

store_line::store_line(event_queue& queue, store_model& store, const fleet_cell& cell, std::size_t replica,
                       std::uint64_t seed, core::time_point began)
    : queue_(queue), store_(store), cell_(cell), replica_(replica), began_(began), random_(seed) {}

const store_trouble* store_line::trouble_of(store_fault what) const {
    const auto at = std::chrono::duration_cast<core::duration>(queue_.now() - began_);
    for (const auto& each : cell_.store_troubles) {
        if (each.what == what && replica_ < each.replicas && each.when.covers(at)) return &each;
    }
    return nullptr;
}

core::time_point::duration store_line::way() {
    const auto further = std::exponential_distribution<double>(1 / usual_way_us)(random_);
    auto out = least_way + std::chrono::microseconds(static_cast<long>(further));
    if (const auto* slow = trouble_of(store_fault::slow)) out += slow->latency / 2;
    return out;
}

// What was on its way when the store was killed, or failed over, is lost.
std::uint64_t store_line::epoch() const {
    const auto at = std::chrono::duration_cast<core::duration>(queue_.now() - began_);
    std::uint64_t out = 0;
    for (const auto& each : cell_.store_troubles) {
        const bool breaks = each.what == store_fault::killed || each.what == store_fault::fails_over;
        if (breaks && replica_ < each.replicas && at >= each.when.from) ++out;
    }
    return out + lost_;
}

// One connection: nothing overtakes.
core::task<bool> store_line::arrive() {
    const auto epoch_then = epoch();
    last_arrival_ = std::max(last_arrival_, queue_.now() + way());
    co_await queue_.until(last_arrival_);
    while (const auto* paused = trouble_of(store_fault::paused))
        co_await queue_.until(began_ + paused->when.to);
    co_return returns(epoch_then);
}

// Whether what is sent now gets there.
bool store_line::returns(std::uint64_t epoch_then) {
    if (const auto* lossy = trouble_of(store_fault::cut);
        lossy != nullptr && std::uniform_real_distribution<double>()(random_) < lossy->share)
        ++lost_;
    return epoch() == epoch_then && trouble_of(store_fault::partition) == nullptr && !is_refused();
}

core::task<std::optional<store_line::reading>> store_line::read(log_position position, core::duration block,
                                                                core::duration timeout) {
    ++commands_;
    if (is_refused()) co_return std::nullopt;
    auto own = std::make_shared<exchange<reading>>(queue_);
    const auto until = queue_.now() + timeout;
    core::spawn(carry_reading(own, position, block));
    co_await own->ended.wait(until);
    co_return std::move(own->reply);
}

core::task<> store_line::carry_reading(shared_exchange<reading> own, log_position position,
                                       core::duration block) {
    constexpr std::size_t most_at_a_time = 1'000;
    const auto epoch_then = epoch();
    const bool arrived = co_await arrive();
    if (arrived) {
        auto entries = store_.after(position, most_at_a_time);
        if (entries.empty()) {
            const auto until = queue_.now() + block;
            co_await store_.appended().wait(until);
            entries = store_.after(position, most_at_a_time);
        }
        reading reply{std::move(entries), store_.newest(), store_.now()};
        co_await queue_.until(queue_.now() + way());
        if (returns(epoch_then)) own->reply = std::move(reply);
    }
    const bool broken = epoch() != epoch_then;
    if (own->reply || broken) own->ended.ring();
}

}  // namespace gate::simulation
