#pragma once
// The contents of the files under `tls` that are in force. Files that are wrong change nothing (rule 17): the
// last good ones stay in force, all of them, and the log, the metrics and /readyz say so.

#include <gate/app/certificate_dates.hpp>
#include <gate/app/reload_record.hpp>
#include <gate/app/tls_contents.hpp>
#include <gate/core/mutex.hpp>
#include <gate/telemetry/event_log.hpp>

#include <memory>
#include <string>
#include <vector>

namespace gate::app {

// Belongs to the control thread, but for the metrics.
class certificates {
public:
    // `events` outlives this object.
    explicit certificates(const telemetry::event_log& events) : events_(events), dates_(events) {}

    using contents = std::shared_ptr<const tls_contents>;
    const contents& in_force() const noexcept { return in_force_; }

    // What the files hold that `of` names, as far as it may take the place of what is in force.
    tls_reading read(const config::loaded& of, const std::string& file) const;

    // Of the start. Once; the log tells of those that are not in date.
    void begin_with(contents first);

    // They are in force now.
    void take(contents next);

    // See certificate_dates.
    std::chrono::seconds look_at_dates();

    // One attempt has failed. `generation`: of the configuration in force.
    void fail(const std::vector<config::problem>& problems, std::uint64_t generation);

    // What an operator should know, or "".
    const std::string& trouble() const noexcept { return problem_; }

    // tls_certificate_not_after_seconds, and those of reload_record. Thread-safe.
    void collect(telemetry::metrics_snapshot& into) const;

private:
    void put_in_force(contents next);
    contents shown() const;

    const telemetry::event_log& events_;
    certificate_dates dates_;
    contents in_force_ = std::make_shared<const tls_contents>();
    std::string problem_;  // of the last attempt
    reload_record record_{"certificate"};
    mutable core::mutex mutex_;
    contents shown_ GATE_GUARDED_BY(mutex_) = in_force_;  // for the metrics
};

}  // namespace gate::app
