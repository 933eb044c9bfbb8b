#include "sender.hpp"

namespace gate::exporting {

span_exporter::span_exporter(const exporter_setting& with, const telemetry::event_log& events)
    : sender_(std::make_unique<sender>(with, events)) {}

span_exporter::~span_exporter() = default;

span_lane& span_exporter::lane(unsigned number) noexcept {
    return sender_->lane(number);
}

void span_exporter::start() {
    sender_->start();
}

void span_exporter::flush(core::time_point deadline) {
    sender_->flush(deadline);
}

bool span_exporter::is_flushed() const noexcept {
    return sender_->is_flushed();
}

void span_exporter::stop() {
    sender_->stop();
}

void span_exporter::collect(telemetry::metrics_snapshot& into) const {
    sender_->collect(into);
}

}  // namespace gate::exporting
