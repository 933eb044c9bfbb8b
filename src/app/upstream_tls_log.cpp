#include <gate/app/upstream_tls_log.hpp>

#include <exception>
#include <utility>

namespace gate::app {

void upstream_tls_log::note(core::reason why, std::string_view what, core::time_point now) noexcept {
    const auto left_out = pace_.next(now, std::exchange(last_, why) != why);
    if (!left_out) return;
    try {
        events_.write(core::row_of(why).level, core::describe(why),
                      {{"error.type", core::to_string(why)},
                       {"exception.message", what},
                       {"gate.upstream", upstream_},
                       {"failures_not_logged", *left_out}});
    } catch (const std::exception&) {  // want of memory
        return;
    }
}

}  // namespace gate::app
