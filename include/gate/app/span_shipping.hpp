#pragma once
// The export of spans as a part of the process: opened before the workers, and emptied after their last
// exchange.

#include <gate/app/worker_group.hpp>
#include <gate/config/config.hpp>
#include <gate/export/span_exporter.hpp>

#include <memory>

namespace gate::app {

// Belongs to the control thread.
class span_shipping {
public:
    // What is left when the last exchange has ended gets no more time than this.
    static constexpr core::duration longest_flush{5'000};

    // `events` outlives this object.
    explicit span_shipping(const telemetry::event_log& events) : events_(events) {}

    // Starts, where the configuration wants spans to be exported. False: it cannot be done, and the log says
    // why.
    bool open(const config::config& options, unsigned workers);

    // Null: none are exported.
    exporting::span_exporter* exporter() const noexcept { return exporter_.get(); }

    // The process ends: by then at the latest.
    void may_last_until(core::time_point when) noexcept;

    // Whether nothing is left to be sent, or no time. To be asked again and again once the last exchange has
    // ended: the first time, the workers are told to hand over what they have.
    bool are_out(worker_group& workers, core::time_point now);

    // No worker runs any more.
    void close();

private:
    core::task<> empty(worker_group& workers);

    const telemetry::event_log& events_;
    std::unique_ptr<exporting::span_exporter> exporter_;
    core::time_point until_ = core::never;
    bool has_begun_ = false;
};

}  // namespace gate::app
