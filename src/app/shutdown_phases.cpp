#include <gate/app/shutdown_phases.hpp>

namespace gate::app {

using tasks = shutdown_phases::tasks;

tasks shutdown_phases::announce() noexcept {
    if (phase_ != phase::serving) return {};
    phase_ = phase::draining;
    return {.announces = true};
}

tasks shutdown_phases::terminate(core::time_point now, const config::shutdown_options& times) noexcept {
    switch (phase_) {
        case phase::serving:
        case phase::draining: {
            auto out = announce();
            phase_ = phase::delaying;
            phase_ends_ = now + times.delay;
            out.shuts_down = true;
            out.look_at = phase_ends_;
            return out;
        }
        case phase::delaying:
        case phase::finishing: exit_code_ = 1; return cut(now);
        case phase::cutting: break;
    }
    exit_code_ = 1;
    return {.ends = ending::without_waiting};
}

tasks shutdown_phases::look(core::time_point now, bool is_idle,
                            const config::shutdown_options& times) noexcept {
    switch (phase_) {
        case phase::serving:
        case phase::draining: return {};
        case phase::delaying:
            if (now < phase_ends_) return {.look_at = phase_ends_};
            phase_ = phase::finishing;
            phase_ends_ = now + times.grace;
            return {.drains = true, .look_at = now + look_interval};
        case phase::finishing:
            if (is_idle) return {.ends = ending::orderly};
            if (now >= phase_ends_) return cut(now);
            return {.look_at = now + look_interval};
        case phase::cutting: break;
    }
    if (is_idle) return {.ends = ending::orderly};
    if (now >= phase_ends_) return {.ends = ending::without_waiting};
    return {.look_at = now + look_interval};
}

tasks shutdown_phases::cut(core::time_point now) noexcept {
    phase_ = phase::cutting;
    phase_ends_ = now + time_to_unwind;
    return {.cuts = true, .look_at = now + look_interval};
}

}  // namespace gate::app
