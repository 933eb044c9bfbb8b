#pragma once
// The accounts of auth.blocked_accounts_file: read at the start, and again when the file changes. A file that
// has vanished, or has a line that is wrong, changes nothing (rule 17): the last list stays in force, the log
// reports an error, /readyz and the metrics show it.

#include <gate/app/config_watch.hpp>
#include <gate/app/reload_record.hpp>
#include <gate/auth/blocked_accounts.hpp>
#include <gate/config/account_list.hpp>
#include <gate/telemetry/event_log.hpp>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace gate::telemetry {
class metrics_snapshot;
}

namespace gate::app {

// Not thread-safe, but for the metrics: belongs to the thread of `control`.
class block_list_watch {
public:
    // `problem` "": the list in force is that of the file.
    using receiver = std::function<void(const std::string& problem)>;

    // `blocked` and `events` outlive this object. `changed` is called when another list is in force.
    block_list_watch(core::executor control, auth::blocked_accounts& blocked,
                     const telemetry::event_log& events, std::function<void()> changed,
                     config_watch::pace speed = {});

    // Puts the list of this file in force, and watches the file; "": none, and nobody is blocked by one. Does
    // nothing if it is watched already. False: it cannot be read, or a line is wrong; then nothing changes,
    // and the log says so.
    bool watch(const std::string& path);
    void stop();

    // An operator asks: `told` receives the outcome of a reading, unless stop() comes first.
    void reload(receiver told);

    // What an operator should know, or "".
    std::string trouble() const;

    // Those of reload_record. Thread-safe.
    void collect(telemetry::metrics_snapshot& into) const { record_.collect(into); }

private:
    void take(const config_watch::content& found);
    void fail(const std::string& path, const config::account_list& list);
    void retire();

    const core::executor control_;
    auth::blocked_accounts& blocked_;
    const telemetry::event_log& events_;
    const std::function<void()> changed_;
    const config_watch::pace pace_;
    std::string path_;                     // in force
    std::string wanted_;                   // of the last watch()
    std::shared_ptr<config_watch> watch_;  // null: no file
    std::vector<receiver> asked_;          // for the outcome of the next reading
    std::string problem_;                  // of the last one
    reload_record record_{"blocked_accounts"};
};

}  // namespace gate::app
