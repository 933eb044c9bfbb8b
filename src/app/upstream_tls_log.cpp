#include <gate/app/upstream_tls_log.hpp>

#include <exception>
#include <utility>

namespace gate::app {

void upstream_tls_log::note(core::reason why, std::string_view what, core::time_point now) noexcept {
    if (why == last_ && now < told_at_ + told_again_after) {
        ++untold_;
        return;
    }
    try {
        events_.write(core::row_of(why).level, core::describe(why),
                      {{"error.type", core::to_string(why)},
                       {"exception.message", what},
                       {"gate.upstream", upstream_},
                       {"failures_not_logged", untold_}});
    } catch (const std::exception&) {  // want of memory
        return;
    }
    last_ = why;
    told_at_ = now;
    untold_ = 0;
}

}  // namespace gate::app
