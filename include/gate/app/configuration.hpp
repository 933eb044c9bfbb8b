#pragma once
// The configuration in force, and the judge of those that are to take its place. What it accepts is put in
// force by the server; what it refuses changes nothing, and is told: in the log, the metrics and /readyz.

#include <gate/app/certificates.hpp>
#include <gate/app/config_watch.hpp>
#include <gate/app/reload_record.hpp>
#include <gate/app/start.hpp>
#include <gate/proxy/snapshot.hpp>
#include <gate/telemetry/event_log.hpp>

#include <boost/asio/ssl/context.hpp>

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace gate::app {

// What an operator is told of a reload.
struct reload_outcome {
    bool accepted = false;
    std::uint64_t generation = 0;       // in force
    std::vector<std::string> problems;  // of a refusal
    std::vector<std::string> changes;   // "cache.ttl: 60s -> 30s"
    std::vector<std::string> need_restart;
    std::string key_problem;            // of the secret key file: the last good key stays in use. "": none
    std::string block_problem{};        // of the list of blocked accounts: the last good one stays in force
    std::string certificate_problem{};  // of files under `tls`: the last good ones stay in force
    bool succeeded() const noexcept {
        return accepted && key_problem.empty() && block_problem.empty() && certificate_problem.empty();
    }
};

// Belongs to the control thread, but for the metrics.
class configuration {
public:
    using tls_context = std::shared_ptr<boost::asio::ssl::context>;

    // `start.loaded` is ok, and `start.tls` not null. `events` and `names`, of the metrics, outlive this
    // object.
    configuration(started_with start, unsigned workers, const telemetry::event_log& events,
                  telemetry::label_names& names);

    // What is in force.
    const std::shared_ptr<const proxy::snapshot>& snapshot() const noexcept { return snapshot_; }
    const config::config& options() const noexcept { return snapshot_->options; }
    const tls_context& tls() const noexcept { return tls_; }
    const certificates::contents& tls_files() const noexcept { return certificates_.in_force(); }
    const std::optional<std::string>& file() const noexcept { return input_.file; }

    // The content that the program has started with. Once.
    std::string take_text() { return std::exchange(start_text_, {}); }

    // Makes what TLS to Gate needs, at the start. False: it cannot be made, and the log says why.
    bool prepare_tls();

    // One that could be in force.
    struct candidate {
        std::shared_ptr<const proxy::snapshot> snapshot;  // the one in force where nothing has changed
        tls_context tls;
        std::string tls_digest;
        certificates::contents tls_files;
        std::string certificate_problem;
        config::loaded loaded;  // without its value
        std::string text_digest;
        std::vector<std::string> warnings;
    };
    // Judges what was read. Nothing: it is refused; the log says so, and last_problems().
    std::optional<candidate> consider(const config_watch::content& found);

    // After a refusal: the configuration in force with what its files under `tls` hold now. Nothing: they
    // have not changed, or are no better, as the log says then.
    std::optional<candidate> renew_certificates();
    void accept_certificates(const candidate& renewed);

    // It is in force now; and the log says what is different.
    reload_outcome accept(candidate now_in_force);
    reload_outcome refusal() const;

    // "" unless the last reload was refused.
    std::string trouble() const;

    // Tells of certificates in use that are not in date. Returns in which time to call it again.
    std::chrono::seconds look_at_certificate_dates() { return certificates_.look_at_dates(); }

    // Files whose content belongs to the configuration in force, or the one refused last.
    std::vector<std::string> further_files() const;
    // Of those of them that were read for it last: as they were then.
    const file_digests& digests_as_read() const noexcept { return digests_; }

    // Everything an operator may know, as JSON. No secret.
    std::string describe() const;

    // gate_config_generation, gate_config_restart_needed, those of reload_record, and of `certificates`.
    // Thread-safe.
    void collect(telemetry::metrics_snapshot& into) const;

private:
    config::loaded load(const config_watch::content& found) const;
    void make_tls(candidate& of) const;
    void read_tls_files(candidate& of);
    bool is_in_force(const candidate& other) const;
    void refuse(const config::loaded& refused);
    void log_acceptance(const reload_outcome& told, const config::config& before,
                        const std::vector<std::string>& warnings) const;

    const config::load_input input_;
    const unsigned workers_;
    const telemetry::event_log& events_;
    telemetry::label_names& names_;
    std::shared_ptr<const proxy::snapshot> snapshot_;
    tls_context tls_;
    std::string tls_digest_;  // of the file of authorities
    config::loaded loaded_;   // of what is in force, without its value
    std::string start_text_;
    file_digests digests_;
    std::string text_digest_;
    core::wall_clock::time_point since_;
    std::vector<std::string> refused_files_;
    std::vector<std::string> problems_;  // of the last reload
    reload_record record_{"config"};
    certificates certificates_;
    std::atomic<std::uint64_t> generation_{1};
    std::atomic<bool> needs_restart_{false};
};

}  // namespace gate::app
