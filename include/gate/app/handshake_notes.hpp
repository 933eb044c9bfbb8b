#pragma once
// Says in the log that TLS handshakes of a listener have failed, and why: nobody else can tell the owner of
// such a client.

#include <gate/core/clock.hpp>
#include <gate/net/address.hpp>
#include <gate/net/remote.hpp>
#include <gate/telemetry/event_log.hpp>
#include <gate/telemetry/labels.hpp>
#include <gate/telemetry/line_pace.hpp>

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace gate::app {

// Not thread-safe: belongs to its worker.
class handshake_notes {
public:
    // `events` outlives this object.
    handshake_notes(const telemetry::event_log& events, std::string listener)
        : events_(events), listener_(std::move(listener)) {}

    // A handshake with a connection from `from` has failed; `why`: see net::failure_text_of. `client`: the
    // address that a PROXY header has given. Logs `error` and `refused`, each at most once in 10 s; nothing
    // is logged of one that was too slow.
    void note(telemetry::handshake_outcome how, std::string_view why, const net::remote& from,
              const std::optional<net::ip_address>& client,
              core::time_point now = core::clock::now()) noexcept;

private:
    const telemetry::event_log& events_;
    const std::string listener_;
    std::array<telemetry::line_pace, telemetry::handshake_outcome_names.size()> paces_;  // by outcome
};

}  // namespace gate::app
