#pragma once
// Reads the secret key file again: when its directory changes, periodically, when an operator asks (HUP), and
// for each call whose key Gate refuses. A new key counts once two looks find the same bytes, because the file
// may be half-written. The key then goes to the ring, which uses it when Gate has accepted it. A file that is
// missing, or does not hold a key, changes nothing (rule 17): the last good key stays in use, the log reports
// an error, and the metrics count it.

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

// What a reading of the file has found that an operator asked for.
struct key_reading {
    std::string problem;  // "": there is none
    bool is_new = false;  // a key that was not known: it is used once Gate has accepted it
};

// Not thread-safe, but for what says so: belongs to the thread of `control`.
class key_watch {
public:
    using receiver = std::function<void(const key_reading&)>;

    struct pace {
        core::duration poll = std::chrono::seconds(10);  // a file system may not tell of changes
        core::duration settle{100};  // after the first sign of a change: a rotation is several steps
        core::duration look{200};    // between the two looks at a new key
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

    // Watches another file, or none: then `key` comes from the environment. Does nothing if it is the same
    // file. Call it after start().
    void watch(const std::string& path, const core::secret_string& key);

    static constexpr int most_looks = 50;  // a file that still changes then is a problem

    // An operator asks: the outcome is logged even when nothing is new, and `told` receives it, unless stop()
    // comes first. Immediately where the file holds no other key, or none; else after the second look.
    void reload(receiver told);

    // Reads for a call whose key was refused, and again after `settle` if there is no other key yet, because
    // the old key may be dropped at Gate before the new one is written. Then calls `then` on the thread of
    // `control`, or never if this object was stopped. Thread-safe.
    void read_again(verify::key_pointer refused, std::function<void()> then);

    // What the ring tells: logged. Thread-safe.
    void on_key_event(verify::key_event what);

    // gate_key_refused, gate_key_change_refused, and those of reload_record. Thread-safe.
    void collect(telemetry::metrics_snapshot& into) const;

    // What an operator should know about the key and its file, or "".
    std::string trouble() const;

private:
    void poll();
    void settle();
    void read();
    void look_again_at(core::secret_string key);
    void look_again();
    void take(core::secret_string key);
    void on_failure(const std::string& problem);
    bool is_asked_for() const noexcept { return !asked_.empty(); }
    void tell(const key_reading& found);
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
    core::timer look_timer_;
    core::secret_string taken_;      // the key that was read last
    core::secret_string candidate_;  // found by the first look; empty: no second look is due
    int looks_ = 0;                  // at candidates, since the last key was taken or given up
    bool is_settling_ = false;
    std::vector<std::function<void()>> waiting_;  // for the file to settle
    std::vector<receiver> asked_;                 // for the outcome of the reading under way
    std::string problem_;                         // of the last reading; empty: none
    reload_record record_{"secret_key"};
};

}  // namespace gate::app
