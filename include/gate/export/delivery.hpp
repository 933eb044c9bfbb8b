#pragma once
// When batches are sent to the collector, and what becomes of them (OTLP specification, "Failures" and
// "OTLP/HTTP Throttling"). Pure: an event and the time in, what is to be done out.
//
//     steady:  up to `most_calls` calls simultaneously
//     held:    after a failure that a later call may not meet: no call until the pause has passed
//     probing: then one call at a time, until one succeeds
//
// The pause doubles with each failure in a row, with a random part, and is as long as the collector says
// where that is longer. A batch is sent at most `most_attempts` times.

#include <gate/core/clock.hpp>

#include <chrono>
#include <cstdint>
#include <optional>

namespace gate::exporting {

class delivery {
public:
    static constexpr unsigned most_calls = 4;
    static constexpr unsigned most_attempts = 5;
    static constexpr core::duration first_pause{1'000};
    static constexpr core::duration longest_pause{30'000};
    static constexpr core::duration longest_said_pause{300'000};  // that the collector may ask for

    enum class outcome : std::uint8_t {
        accepted,
        may_retry,  // no answer, or one that says so
        refused,    // for good
    };

    enum class action : std::uint8_t {
        forget,      // it has arrived
        send_again,  // when a call may begin
        drop,        // it never will
    };

    // Whether a call may begin.
    bool may_begin(core::time_point now) const noexcept;
    // Until when none may, as far as is known.
    core::time_point held_until() const noexcept { return held_until_; }

    void begin() noexcept { ++under_way_; }

    // A call has ended. `attempts`: of this batch, this one included. `retry_after`: as the collector says.
    // `random`: any number.
    action end(outcome how, unsigned attempts, std::optional<std::chrono::seconds> retry_after,
               core::time_point now, std::uint64_t random) noexcept;

    // The program ends at `deadline`: a batch that could only be sent after it is dropped.
    void close(core::time_point deadline) noexcept { deadline_ = deadline; }

    unsigned under_way() const noexcept { return under_way_; }

private:
    core::duration pause_after_failure(std::uint64_t random) const noexcept;

    unsigned under_way_ = 0;
    unsigned failures_ = 0;  // in a row
    core::time_point held_until_ = core::time_point::min();
    core::time_point deadline_ = core::never;
};

}  // namespace gate::exporting
