#include <gate/app/reload_record.hpp>
#include <gate/core/clock.hpp>
#include <gate/telemetry/metrics_snapshot.hpp>

#include <chrono>

namespace gate::app {
namespace {

double seconds_since_1970() {
    return std::chrono::duration<double>(core::wall_clock::now().time_since_epoch()).count();
}

}  // namespace

reload_record::reload_record(const char* what) : subject_(what), last_success_(seconds_since_1970()) {}

void reload_record::note_success() noexcept {
    ++successes_;
    last_is_good_ = true;
    last_success_ = seconds_since_1970();
}

void reload_record::note_failure() noexcept {
    ++failures_;
    last_is_good_ = false;
}

void reload_record::collect(telemetry::metrics_snapshot& into) const {
    into.counter("config_reloads_total", "Reloads, by what was reloaded and by result.")
        .add({{"what", subject_}, {"result", "success"}}, static_cast<double>(successes_.load()))
        .add({{"what", subject_}, {"result", "failure"}}, static_cast<double>(failures_.load()));
    into.gauge("config_last_reload_successful",
               "0 if the last reload failed; the last good version stays in use.")
        .add({{"what", subject_}}, last_is_good_ ? 1.0 : 0.0);
    into.gauge("config_last_reload_success_timestamp_seconds",
               "Time of the last successful load: the start or a reload.")
        .add({{"what", subject_}}, last_success_.load());
}

}  // namespace gate::app
