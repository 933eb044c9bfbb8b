#pragma once
// Says in the log what is wrong with TLS to one upstream. Belongs to its worker.

#include <gate/core/clock.hpp>
#include <gate/net/upstream_tls.hpp>
#include <gate/telemetry/event_log.hpp>
#include <gate/telemetry/line_pace.hpp>

#include <string>

namespace gate::app {

// A failure of the same kind is told once in a while, however many requests meet it.
class upstream_tls_log final : public net::tls_failures {
public:
    // upstream: its name; empty: the default one. `events` outlives this object.
    upstream_tls_log(const telemetry::event_log& events, std::string upstream)
        : events_(events), upstream_(std::move(upstream)) {}

    void note(core::reason why, std::string_view what) noexcept override {
        note(why, what, core::clock::now());
    }
    void note(core::reason why, std::string_view what, core::time_point now) noexcept;

private:
    const telemetry::event_log& events_;
    const std::string upstream_;
    core::reason last_ = core::reason::none;
    telemetry::line_pace pace_;
};

}  // namespace gate::app
