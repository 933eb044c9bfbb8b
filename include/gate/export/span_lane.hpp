#pragma once
// The spans of one worker on their way to the thread that sends them. Bounded: at most `most_chunks` batches
// of 256 KiB exist for each worker, made when they are first needed; spans for which there is no room are
// dropped and counted.

#include <gate/export/handover.hpp>
#include <gate/export/span_chunk.hpp>
#include <gate/export/span_text.hpp>
#include <gate/telemetry/counter.hpp>
#include <gate/telemetry/spans.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

namespace gate::exporting {

class span_lane {
public:
    static constexpr std::size_t most_chunks = 8;  // 2 MiB

    // `around` outlives this object. `wake`: a batch has been handed over; called on the worker's thread, and
    // must neither wait nor throw.
    span_lane(const batch_frame& around, std::function<void()> wake)
        : around_(around), wake_(std::move(wake)) {}

    // The worker's thread.
    // `gate`: see write_spans. Allocates nothing but the batches, and never waits.
    void add(const telemetry::span_record& of, std::string_view gate) noexcept;
    // Has what there is sent, if there is anything.
    void hand_over() noexcept;
    bool is_empty() const noexcept { return !filling_ || filling_->spans() == 0; }

    // The sending thread.
    std::unique_ptr<span_chunk> take() noexcept { return full_.pop(); }
    void give_back(std::unique_ptr<span_chunk> sent) noexcept {
        sent->clear();
        returned_.push(sent);  // there is room for all that exist
    }

    // Any thread.
    bool has_full() const noexcept { return !full_.is_empty(); }
    std::uint64_t dropped() const noexcept { return dropped_.value(); }  // spans, for want of room

private:
    bool make_room(std::size_t bytes) noexcept;

    const batch_frame& around_;
    const std::function<void()> wake_;
    std::unique_ptr<span_chunk> filling_;
    std::size_t made_ = 0;
    telemetry::counter dropped_;
    handover<span_chunk, most_chunks> full_;
    handover<span_chunk, most_chunks> returned_;
};

}  // namespace gate::exporting
