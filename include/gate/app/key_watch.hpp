#pragma once
// Reads the file of the secret key again: when its directory changes, slowly but steadily, when an operator
// asks (HUP), and for each call whose key Gate refuses. What it finds goes to the ring, which takes a new key
// over when Gate has accepted it. A file that is gone, or does not hold a key, changes nothing (rule 17): the
// last good key stays, the log says so at level error, and the metrics count it.

#include <gate/app/file_watch.hpp>
#include <gate/app/reload_record.hpp>
#include <gate/core/mutex.hpp>
#include <gate/telemetry/event_log.hpp>
#include <gate/verify/key_ring.hpp>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace gate::telemetry {
class metrics_snapshot;
}

namespace gate::app {

// Not thread-safe, but for what says so: belongs to the thread of `control`.
class key_watch {
public:
    struct pace {
        core::duration poll = std::chrono::seconds(10);  // a file system may not tell of changes
        core::duration settle{100};  // after the first sign of a change: a rotation is several steps
    };

    // `path` "": the key comes from the environment, and cannot change. `changed` is called when calls to
    // Gate are worth a try again: a key works after all were refused, or a new one has come then; on the
    // thread where it happens. `keys` and `events` outlive this.
    key_watch(core::executor control, std::string path, verify::key_ring& keys,
              const telemetry::event_log& events, std::function<void()> changed, pace speed);
    key_watch(core::executor control, std::string path, verify::key_ring& keys,
              const telemetry::event_log& events, std::function<void()> changed)
        : key_watch(control, std::move(path), keys, events, std::move(changed), pace()) {}

    void start();
    void stop();

    // Another file, or none, in whose place `key` comes from the environment. Nothing happens if it is the
    // same file. After start().
    void watch(const std::string& path, const core::secret_string& key);

    // An operator asks: the outcome is logged even when nothing is new.
    void reload();

    // Reads for a call whose key was refused; once more after `settle` if there is no other key yet, because
    // the one that drops the old key at Gate and the one that writes the new one need not keep step. Then
    // calls `then`, on the thread of `control`; never once stopped. Thread-safe.
    void read_again(verify::key_pointer refused, std::function<void()> then);

    // What the ring tells: logged. Thread-safe.
    void on_key_event(verify::key_event what);

    // gate_key_refused, gate_key_change_refused, and those of reload_record. Thread-safe.
    void collect(telemetry::metrics_snapshot& into) const;

    // What an operator should know about the key, or "". Thread-safe.
    std::string_view trouble() const;

private:
    void poll();
    void settle();
    void read(bool is_asked_for);
    void on_failure(const std::string& problem, bool is_asked_for);
    void on_success(verify::key_offer found, bool was_failing);
    void release_waiting();
    void set_shown_path();
    std::string shown_path() const;

    const core::executor control_;
    std::string path_;
    mutable core::mutex mutex_;
    std::string shown_path_ GATE_GUARDED_BY(mutex_);  // path_, for other threads
    verify::key_ring& keys_;
    const telemetry::event_log& events_;
    const std::function<void()> changed_;
    const pace pace_;
    std::shared_ptr<file_watch> watch_;
    core::timer poll_timer_;
    core::timer settle_timer_;
    bool is_settling_ = false;
    std::vector<std::function<void()>> waiting_;  // for the file to settle
    std::string problem_;                         // of the last reading; empty: none
    reload_record record_{"secret_key"};
};

}  // namespace gate::app
