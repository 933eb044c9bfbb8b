#pragma once
// What the metrics of the fleet show. Written by the store's thread, read by any.

#include <gate/auth/fleet.hpp>
#include <gate/store/fault.hpp>
#include <gate/telemetry/counter.hpp>
#include <gate/telemetry/histogram.hpp>

#include <array>
#include <atomic>
#include <cstdint>

namespace gate::telemetry {
class metrics_snapshot;
}

namespace gate::store {

enum class operation : std::uint8_t { begin, extend, finish, release, publish, beat, blocks, count_ };

class fleet_counters {
public:
    void count(operation what, fault how, auth::store_span lasted) noexcept;
    void count_sent(auth::fleet_kind kind) noexcept { ++sent_at(kind); }
    void count_heard(auth::fleet_kind kind) noexcept { ++heard_at(kind); }
    void set_lag(auth::store_span lag) noexcept { lag_.store(lag.count(), std::memory_order_relaxed); }
    // The store answers to commands. Its log can be read.
    void set_connected(bool is) noexcept { is_connected_.store(is, std::memory_order_relaxed); }
    void set_readable(bool is) noexcept { is_readable_.store(is, std::memory_order_relaxed); }
    void set_replicas(unsigned count) noexcept { replicas_.store(count, std::memory_order_relaxed); }

    bool is_connected() const noexcept {
        return is_connected_.load(std::memory_order_relaxed) && is_readable_.load(std::memory_order_relaxed);
    }
    unsigned replicas() const noexcept { return replicas_.load(std::memory_order_relaxed); }

    void collect(telemetry::metrics_snapshot& into) const;

private:
    static constexpr std::size_t kinds = 9;
    static constexpr std::size_t faults = static_cast<std::size_t>(fault::failed) + 1;
    using by_kind = std::array<std::atomic<std::uint64_t>, kinds>;

    std::atomic<std::uint64_t>& sent_at(auth::fleet_kind kind) noexcept {
        return sent_[static_cast<std::size_t>(kind)];
    }
    std::atomic<std::uint64_t>& heard_at(auth::fleet_kind kind) noexcept {
        return heard_[static_cast<std::size_t>(kind)];
    }

    std::array<std::array<telemetry::counter, faults>, static_cast<std::size_t>(operation::count_)> done_;
    telemetry::histogram durations_;
    by_kind sent_{};
    by_kind heard_{};
    std::atomic<std::int64_t> lag_{0};
    std::atomic<bool> is_connected_{false};
    std::atomic<bool> is_readable_{true};
    std::atomic<unsigned> replicas_{1};
};

}  // namespace gate::store
