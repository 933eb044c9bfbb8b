#include <gate/app/key_watch.hpp>
#include <gate/config/secret.hpp>
#include <gate/telemetry/metrics.hpp>

#include <boost/asio/post.hpp>

namespace gate::app {
namespace {

double seconds_since_1970() {
    return std::chrono::duration<double>(core::wall_clock::now().time_since_epoch()).count();
}

}  // namespace

key_watch::key_watch(core::executor control, std::string path, verify::key_ring& keys,
                     const telemetry::event_log& events, std::function<void()> changed, pace speed)
    : control_(control),
      path_(std::move(path)),
      keys_(keys),
      events_(events),
      changed_(std::move(changed)),
      pace_(speed),
      watch_(control, path_, [this] { settle(); }),
      poll_timer_(control),
      settle_timer_(control),
      last_success_(seconds_since_1970()) {}

void key_watch::start() {
    if (!path_.empty()) poll();
}

void key_watch::stop() {
    watch_.stop();
    poll_timer_.cancel();
    settle_timer_.cancel();
}

void key_watch::reload() {
    if (path_.empty()) {
        events_.info(
            "nothing to reload: the secret key comes from the environment, and changes by a restart");
        return;
    }
    read(true);
}

// The watch first: what changes after that is noticed.
void key_watch::poll() {
    watch_.renew();
    read(false);
    poll_timer_.expires_after(pace_.poll);
    poll_timer_.async_wait([this](const core::error_code& ec) {
        if (!ec) poll();
    });
}

// A file that changes all the time is still read: further signs do not put the reading off.
void key_watch::settle() {
    if (is_settling_) return;
    is_settling_ = true;
    settle_timer_.expires_after(pace_.settle);
    settle_timer_.async_wait([this](const core::error_code& ec) {
        if (ec) return;
        is_settling_ = false;
        watch_.renew();
        read(false);
        for (const auto& then : std::exchange(waiting_, {})) then();
    });
}

void key_watch::on_key_event(verify::key_event what) {
    using verify::key_event;
    switch (what) {
        case key_event::none: break;
        case key_event::all_refused: break;  // shared_state logs the answers that could not be had
        case key_event::new_key_refused:
            events_.error(
                "Gate refuses the new secret key, or under it a token that it accepts under the old "
                "one, which stays in use",
                {{"gate.secret_key_file", path_}});
            break;
        case key_event::replaced:
            events_.info("Gate accepts the new secret key: the old one is dropped");
            changed_();
            break;
        case key_event::works_again:
            events_.info("Gate accepts the secret key again");
            changed_();
            break;
    }
}

void key_watch::read_again(verify::key_pointer refused, std::function<void()> then) {
    core::asio::post(control_, [this, refused = std::move(refused), then = std::move(then)]() mutable {
        read(false);
        if (keys_.other_than(*refused) != nullptr) return then();
        waiting_.push_back(std::move(then));
        settle();
    });
}

void key_watch::read(bool is_asked_for) {
    auto key = config::read_secret_key(path_);
    if (!key) return on_failure(key.error(), is_asked_for);
    const bool was_failing = !std::exchange(problem_, {}).empty();
    const auto found = keys_.offer(std::move(*key));
    if (found == verify::key_offer::known && !was_failing && !is_asked_for) return;
    ++successes_;
    last_success_ = seconds_since_1970();
    on_success(found, was_failing);
}

// Every attempt counts, so that the counter rises for as long as the file is bad; the log says it once.
void key_watch::on_failure(const std::string& problem, bool is_asked_for) {
    ++failures_;
    if (std::exchange(problem_, problem) == problem && !is_asked_for) return;
    events_.error("the file of the secret key " + problem + "; the last good key stays in use",
                  {{"gate.secret_key_file", path_}});
}

void key_watch::on_success(verify::key_offer found, bool was_failing) {
    const char* line = "reloaded: the secret key has not changed";
    if (was_failing) line = "the file of the secret key is good again, and holds the key it held before";
    if (found == verify::key_offer::withdrawn) line = "the file holds the secret key in use again";
    if (found == verify::key_offer::fresh)
        line = "a new secret key was read: it will be used once Gate has accepted it";
    events_.info(line, {{"gate.secret_key_file", path_}});
    if (found == verify::key_offer::fresh && keys_.all_refused()) changed_();
}

std::string_view key_watch::trouble() const {
    if (keys_.all_refused()) return "Gate refuses the secret key";
    if (keys_.new_key_refused()) return "the new secret key does not work; the old one is in use";
    return {};
}

void key_watch::expose(telemetry::metrics& to) const {
    to.add_gauge("gate_key_refused", "1 while Gate refuses every secret key that there is.", {},
                 [this] { return keys_.all_refused() ? 1.0 : 0.0; });
    to.add_gauge("gate_key_change_refused", "1 while the new secret key does not work, and the old one does.",
                 {}, [this] { return keys_.new_key_refused() ? 1.0 : 0.0; });
    const char* const reloads =
        "Readings of the secret key's file: failed, or new, or asked for by a signal.";
    to.add_counter("config_reloads_total", reloads, {{"result", "success"}},
                   [this] { return static_cast<double>(successes_.load()); });
    to.add_counter("config_reloads_total", reloads, {{"result", "failure"}},
                   [this] { return static_cast<double>(failures_.load()); });
    to.add_gauge("config_last_reload_success_timestamp_seconds",
                 "When the configuration was read with success: at the start, or by a reload.", {},
                 [this] { return last_success_.load(); });
}

}  // namespace gate::app
