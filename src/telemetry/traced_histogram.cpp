#include <gate/telemetry/traced_histogram.hpp>

#include <cassert>
#include <new>

namespace gate::telemetry {

// Without memory for exemplars there are none.
void traced_histogram::show(std::size_t bucket, std::chrono::nanoseconds elapsed,
                            const sampled_trace& by) noexcept {
    assert(by.id.size() == trace_id_text{}.size() && "a trace id has 32 digits");
    auto* into = shown_.load(std::memory_order_relaxed);
    if (into == nullptr) {
        into = new (std::nothrow) exemplar_slots;
        if (into == nullptr) return;
        shown_.store(into, std::memory_order_release);
    }
    exemplar one{{}, elapsed, by.at};
    by.id.copy(one.trace_id.data(), one.trace_id.size());
    (*into)[bucket].put(one);
}

// Exemplars first: a request that is shown has been counted before.
void traced_histogram::add_to(traced_totals& sum) const {
    if (const auto* const shown = shown_.load(std::memory_order_acquire)) {
        if (!sum.exemplars) sum.exemplars = std::make_unique<bucket_exemplars>();
        for (std::size_t i = 0; i < shown->size(); ++i) {
            auto& newest = (*sum.exemplars)[i];
            const auto own = (*shown)[i].read();
            if (own && (!newest || newest->at < own->at)) newest = own;
        }
    }
    sum.times += times_.read();
}

}  // namespace gate::telemetry
