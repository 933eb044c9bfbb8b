#pragma once
// The way from serving to the end of the process. Pure: an event and the time in, what is to be done out.
//
//     serving -> draining -> delaying -> finishing -> cutting -> end
//
// A first signal that terminates announces the end, lets the delay pass, then lets what runs finish for the
// grace period, and cuts what outlives it. A second one cuts immediately, a third ends without waiting for
// anything.

#include <gate/config/config.hpp>
#include <gate/core/clock.hpp>

#include <cstdint>

namespace gate::app {

class shutdown_phases {
public:
    static constexpr core::duration look_interval{20};
    static constexpr core::duration time_to_unwind{1000};  // for what has been cut

    enum class ending : std::uint8_t { none, orderly, without_waiting };

    // To be done in this order.
    struct tasks {
        bool announces =
            false;  // not ready any more, but still serving: every response closes its connection
        bool shuts_down = false;  // what follows is said
        bool drains = false;      // no new connections, idle ones are closed, what runs may finish
        bool cuts = false;        // what still runs is aborted
        ending ends = ending::none;
        core::time_point look_at = core::never;  // then look() is due; never: as before
    };

    // To announce the end, without ending.
    tasks announce() noexcept;
    // To end.
    tasks terminate(core::time_point now, const config::shutdown_options& times) noexcept;
    // is_idle: nothing runs any more.
    tasks look(core::time_point now, bool is_idle, const config::shutdown_options& times) noexcept;

    // 0 unless what ran was cut because of a further signal.
    int exit_code() const noexcept { return exit_code_; }

private:
    enum class phase : std::uint8_t { serving, draining, delaying, finishing, cutting };

    tasks cut(core::time_point now) noexcept;

    phase phase_ = phase::serving;
    core::time_point phase_ends_{};
    int exit_code_ = 0;
};

}  // namespace gate::app
