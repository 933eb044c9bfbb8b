#pragma once
// The spans of one worker's requests, on their way to the exporter.

#include <gate/config/config.hpp>
#include <gate/export/span_exporter.hpp>
#include <gate/net/deadline_wheel.hpp>
#include <gate/telemetry/spans.hpp>

#include <optional>
#include <string>

namespace gate::app {

// Not thread-safe: belongs to its worker.
class worker_spans final : public telemetry::span_sink {
public:
    // Nothing where `exporter` is null. Both outlive it.
    static std::optional<worker_spans> make(exporting::span_exporter* exporter, unsigned worker,
                                            net::deadline_wheel& wheel, const config::config& options) {
        if (exporter == nullptr) return std::nullopt;
        return std::optional<worker_spans>(std::in_place, exporter->lane(worker), wheel, options);
    }
    worker_spans(exporting::span_lane& lane, net::deadline_wheel& wheel, const config::config& options);

    // The share of the traces that are sampled, and how Gate is called.
    void configure(const config::config& options);

    void add(const telemetry::span_record& of) noexcept override;
    // Has what there is sent, without waiting for more.
    void hand_over() noexcept;

private:
    exporting::span_lane& lane_;
    net::deadline due_;
    std::string gate_;
};

}  // namespace gate::app
