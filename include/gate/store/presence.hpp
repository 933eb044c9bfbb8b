#pragma once
// Whether the store is there, as its commands tell. Pure.
//
// One refused or lost connection, or three commands in a row that were late or failed: it is away, and nobody
// waits for it any more. It is there again when a write has been acknowledged in time.

#include <gate/core/clock.hpp>

namespace gate::store {

class presence {
public:
    static constexpr unsigned most_failures = 3;  // in a row
    static constexpr core::duration between_probes{1'000};

    bool is_there() const noexcept { return is_there_; }

    // A command was acknowledged, in time.
    void succeeded() noexcept { failures_ = 0; }

    // A command was late, or failed. True: it is away, since now.
    bool failed() noexcept { return ++failures_ >= most_failures && lost(); }

    // There is no connection. True: it is away, since now.
    bool lost() noexcept {
        const bool was_there = is_there_;
        is_there_ = false;
        return was_there;
    }

    // A probe begins.
    void begin_probe(core::time_point now) noexcept { next_probe_ = now + between_probes; }

    // When the next one is due, while it is away.
    core::time_point next_probe() const noexcept { return next_probe_; }

    // The probe's write was acknowledged, in time. True: it is there, since now.
    bool probe_succeeded() noexcept {
        failures_ = 0;
        const bool was_there = is_there_;
        is_there_ = true;
        return !was_there;
    }

private:
    bool is_there_ = false;
    unsigned failures_ = 0;
    core::time_point next_probe_ = core::time_point::min();
};

}  // namespace gate::store
