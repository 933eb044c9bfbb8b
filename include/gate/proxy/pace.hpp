#pragma once
// The average rate at which a client sends or takes a body (rule 27): a byte now and then is progress, but
// keeps an upstream connection busy for next to nothing. Only the time in which we wait for the client
// counts, so that a slow upstream does not count against it. Bytes that it has moved make up for later
// waiting, but at most for the patience: a burst does not make up for an hour of dripping. Pure: the caller
// says how long it has waited.

#include <gate/config/config.hpp>
#include <gate/core/clock.hpp>

#include <cstddef>
#include <cstdint>

namespace gate::proxy {

class pace {
public:
    using span = core::time_point::duration;

    // No limit.
    pace() noexcept = default;
    // `rate`: bytes per second, on average, at least; 0: any will do. `patience`: so much waiting is free.
    pace(std::uint64_t rate, core::duration patience) noexcept : rate_(rate), patience_(patience) {}

    // The client has sent or taken so many bytes.
    void move(std::size_t bytes) noexcept { moved_ += bytes; }

    // The client has kept us waiting.
    void wait(span time) noexcept;

    // The deadline of a wait that begins now: after it the client is too slow, unless it moves a byte before.
    core::time_point deadline(core::time_point now) const noexcept;

private:
    std::uint64_t counted() const noexcept;
    span allowed() const noexcept;

    std::uint64_t rate_ = 0;
    span patience_{0};
    std::uint64_t moved_ = 0;
    span waited_{0};
};

// What limits.body_rate asks for, with limits.body_timeout or the route's own.
pace pace_of(std::size_t body_rate, core::duration body_timeout) noexcept;

}  // namespace gate::proxy
