#pragma once
// A histogram whose buckets have exemplars. They take a kilobyte, so there is room for them only where a
// sampled trace has been observed: made when the first one is, and kept from then on.

#include <gate/telemetry/exemplar.hpp>
#include <gate/telemetry/histogram.hpp>

#include <atomic>
#include <memory>

namespace gate::telemetry {

// What a traced_histogram held, or several.
struct traced_totals {
    histogram_totals times{};
    std::unique_ptr<bucket_exemplars> exemplars{};  // null: none
};

class traced_histogram {
public:
    traced_histogram() = default;
    ~traced_histogram() { delete shown_.load(std::memory_order_relaxed); }
    traced_histogram(const traced_histogram&) = delete;
    traced_histogram& operator=(const traced_histogram&) = delete;

    // Called by the owner's thread alone.
    void observe(std::chrono::nanoseconds elapsed, const sampled_trace& by = {}) noexcept {
        const auto bucket = times_.observe(elapsed);
        if (by.id.empty()) return;
        const auto* const shown = shown_.load(std::memory_order_relaxed);
        if (shown == nullptr || (*shown)[bucket].is_due(by.at)) show(bucket, elapsed, by);
    }

    // Adds the counts, and takes the exemplars that are newer. Thread-safe.
    void add_to(traced_totals& sum) const;

private:
    void show(std::size_t bucket, std::chrono::nanoseconds elapsed, const sampled_trace& by) noexcept;

    histogram times_;
    std::atomic<exemplar_slots*> shown_{nullptr};
};

}  // namespace gate::telemetry
