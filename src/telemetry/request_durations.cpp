#include <gate/telemetry/request_durations.hpp>

#include <new>

namespace gate::telemetry {

request_durations::~request_durations() {
    for (auto& one : blocks_) delete one.load(std::memory_order_relaxed);
}

// Without memory for a block, the pair is counted in the overflow until there is some.
traced_histogram& request_durations::add(packed_key wanted, std::size_t place) noexcept {
    const auto next = used_.load(std::memory_order_relaxed);
    if (next >= most_) return overflow_;
    auto& holder = blocks_[next / block_size];
    block* in = holder.load(std::memory_order_relaxed);
    if (in == nullptr) {
        in = new (std::nothrow) block;
        if (in == nullptr) return overflow_;
        holder.store(in, std::memory_order_relaxed);
    }
    keys_[next] = wanted;
    index_[place] = static_cast<std::uint8_t>(next);
    used_.store(next + 1, std::memory_order_release);
    return (*in)[next % block_size];
}

void request_durations::add_to(std::map<key, traced_totals>& totals) const {
    const auto used = used_.load(std::memory_order_acquire);
    traced_totals overflow;
    overflow_.add_to(overflow);
    if (overflow.times.count() != 0) overflow_.add_to(totals[{method::other, 0}]);
    for (std::size_t i = 1; i < used; ++i) {
        const block& in = *blocks_[i / block_size].load(std::memory_order_relaxed);
        const key of{static_cast<method>(keys_[i] & 0xF), keys_[i] >> 4};
        in[i % block_size].add_to(totals[of]);
    }
}

}  // namespace gate::telemetry
