#pragma once
// Counts how the connections of one listener begin where each must begin with a PROXY header, and says in the
// log which of them were closed because they did not.

#include <gate/core/clock.hpp>
#include <gate/net/remote.hpp>
#include <gate/telemetry/event_log.hpp>
#include <gate/telemetry/line_pace.hpp>
#include <gate/telemetry/worker_metrics.hpp>

#include <array>
#include <string>

namespace gate::app {

// Not thread-safe: belongs to its worker.
class proxy_header_notes {
public:
    using outcome = telemetry::proxy_header_outcome;

    // `metrics` and `events` outlive this object.
    proxy_header_notes(telemetry::worker_metrics& metrics, const telemetry::event_log& events,
                       telemetry::listener_index listener, std::string name)
        : metrics_(metrics), events_(events), listener_(listener), name_(std::move(name)) {}

    // `from`: the peer of the connection.
    void note(outcome how, const net::remote& from, core::time_point now = core::clock::now()) noexcept;
    // It has ended before its first byte, as the checks of balancers do: no line tells of it.
    void note_silent_end() noexcept { metrics_.count_proxy_header(listener_, outcome::error); }

private:
    telemetry::worker_metrics& metrics_;
    const telemetry::event_log& events_;
    const telemetry::listener_index listener_;
    const std::string name_;
    std::array<telemetry::line_pace, telemetry::proxy_header_outcome_names.size()> paces_;  // by outcome
};

}  // namespace gate::app
