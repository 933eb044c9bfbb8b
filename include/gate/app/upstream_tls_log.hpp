#pragma once
// Says in the log what is wrong with TLS to one upstream. Belongs to its worker.

#include <gate/core/clock.hpp>
#include <gate/net/upstream_tls.hpp>
#include <gate/telemetry/event_log.hpp>

#include <cstdint>
#include <string>

namespace gate::app {

class upstream_tls_log final : public net::tls_failures {
public:
    // A failure of the same kind is not told again before, however many requests meet it.
    static constexpr core::duration told_again_after{10'000};

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
    core::time_point told_at_{};
    std::uint64_t untold_ = 0;
};

}  // namespace gate::app
