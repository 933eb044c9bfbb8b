#pragma once
// Says in the log that TLS handshakes of a listener have failed, and why: nobody else can tell the owner of a
// client.

#include <gate/core/clock.hpp>
#include <gate/net/remote.hpp>
#include <gate/net/stream.hpp>
#include <gate/telemetry/event_log.hpp>
#include <gate/telemetry/labels.hpp>
#include <gate/telemetry/line_pace.hpp>

#include <string>
#include <utility>

namespace gate::app {

// Not thread-safe: belongs to its worker.
class handshake_notes {
public:
    // `events` outlives this object.
    handshake_notes(const telemetry::event_log& events, std::string listener)
        : events_(events), listener_(std::move(listener)) {}

    // How the handshake of `with`, a connection from `from`, has ended. No line tells of those that ran out
    // of time, that we have ended for want of room, or that the peer has ended before its first byte, as the
    // checks of balancers do.
    void note(telemetry::handshake_outcome how, const net::stream& with, const net::remote& from,
              core::time_point now = core::clock::now()) noexcept;

private:
    const telemetry::event_log& events_;
    const std::string listener_;
    telemetry::line_pace pace_;
};

}  // namespace gate::app
