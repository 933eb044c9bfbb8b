#include <gate/app/worker_spans.hpp>

namespace gate::app {

worker_spans::worker_spans(exporting::span_lane& lane, net::deadline_wheel& wheel,
                           const config::config& options)
    : lane_(lane),
      due_(
          wheel, [](void* self) { static_cast<worker_spans*>(self)->hand_over(); }, this) {
    configure(options);
}

void worker_spans::configure(const config::config& options) {
    sampler_ = telemetry::span_sampler(options.telemetry.otlp.ratio);
    gate_ = exporting::gate_attributes(options.gate);
}

void worker_spans::add(const telemetry::span_record& of) noexcept {
    lane_.add(of, gate_);
    if (due_.when() == core::never) due_.set(core::clock::now() + exporting::span_exporter::collecting_time);
}

void worker_spans::hand_over() noexcept {
    due_.clear();
    lane_.hand_over();
}

}  // namespace gate::app
