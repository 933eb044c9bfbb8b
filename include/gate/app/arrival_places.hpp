#pragma once
// The places of accepted connections that are no sessions yet: see net::arrival_slots.

#include <gate/net/arrival_slots.hpp>
#include <gate/net/deadline_wheel.hpp>
#include <gate/net/stream.hpp>
#include <gate/net/tls_handshake.hpp>
#include <gate/telemetry/labels.hpp>

#include <cstddef>
#include <cstdint>

namespace gate::app {

// What a connection holds on its way.
class arrival_place : public net::arrival_slots::slot {
public:
    virtual net::stream& connection() noexcept = 0;

    enum class ending : std::uint8_t { open, overdue, gave_way, cut };
    ending ended = ending::open;
    bool has_proxy_header = false;  // it has come: somebody waits at the other end

protected:
    ~arrival_place() = default;
};

// How a handshake on its way is counted.
telemetry::handshake_outcome outcome_of(net::handshake_result result, arrival_place::ending ended) noexcept;

// A connection that has to go is cut, which ends whatever waits for it. Not thread-safe: belongs to the
// thread of its wheel.
class arrival_places {
public:
    // `patience`: the longest time for each. `wheel` outlives this object.
    arrival_places(net::deadline_wheel& wheel, std::size_t most, core::duration patience);

    void configure(core::duration patience);

    // `one` comes; another one goes if there are too many.
    void enter(arrival_place& one);
    // It has arrived, or has ended.
    void leave(arrival_place& one) noexcept;
    // Ends those that have sent nothing.
    void drain();
    // Ends all of them.
    void cut();

private:
    void end_overdue();
    static void end(net::arrival_slots::slot& one, arrival_place::ending why);

    net::arrival_slots slots_;
    net::deadline due_;
};

}  // namespace gate::app
