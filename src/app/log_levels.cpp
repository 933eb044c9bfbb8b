#include <gate/app/log_levels.hpp>
#include <gate/telemetry/line_writer.hpp>

#include <utility>

namespace gate::app {

void log_levels::take(log_request what) {
    const auto span = what.time;
    said_ = std::move(what);
    ++turn_;
    timer_.cancel();
    apply();
    if (span.count() == 0) return;
    until_ = core::wall_clock::now() + span;
    timer_.expires_after(span);
    timer_.async_wait([this, turn = turn_](const core::error_code& ec) {
        if (ec || turn != turn_) return;
        end();
        events_.info("the log level is that of the configuration again",
                     {{"log.level", telemetry::to_string(configured_)}});
    });
}

void log_levels::configure(core::log_level level) {
    const bool has_changed = std::exchange(configured_, level) != level;
    if (has_changed && said_ && said_->time.count() == 0) {
        end();
    } else {
        apply();
    }
}

void log_levels::end() {
    said_.reset();
    ++turn_;
    timer_.cancel();
    apply();
}

void log_levels::apply() {
    const bool is_for_all = said_ && !said_->subject;
    events_.set_level(is_for_all ? said_->level : configured_);
    if (said_ && said_->subject) {
        events_.focus().watch(*said_->subject, said_->of);
    } else {
        events_.focus().watch_nobody();
    }
}

}  // namespace gate::app
