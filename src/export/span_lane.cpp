#include <gate/export/span_lane.hpp>

#include <new>

namespace gate::exporting {

void span_lane::add(const telemetry::span_record& of, std::string_view gate) noexcept {
    const bool is_surely_enough = filling_ && filling_->room() >= most_span_bytes;
    if (!is_surely_enough && !make_room(span_bytes_bound(of, gate))) {
        dropped_.add(spans_of(of));
        return;
    }
    const auto written = write_spans(filling_->end(), of, gate, filling_->spans() == 0);
    filling_->add(written.end, written.number);
}

// An empty batch has room for any request.
bool span_lane::make_room(std::size_t bytes) noexcept {
    static_assert(most_span_bytes <= span_chunk::capacity);
    if (filling_ && filling_->room() >= bytes) return true;
    hand_over();
    if (!filling_) filling_ = returned_.pop();
    if (filling_ || made_ == most_chunks) return filling_ != nullptr;
    try {
        filling_ = std::make_unique<span_chunk>(around_);
    } catch (const std::bad_alloc&) {
        return false;
    }
    ++made_;
    return true;
}

void span_lane::hand_over() noexcept {
    if (is_empty()) return;
    full_.push(filling_);  // there is room for all that exist
    wake_();
}

}  // namespace gate::exporting
