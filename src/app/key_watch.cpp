#include <gate/app/key_watch.hpp>
#include <gate/config/secret.hpp>
#include <gate/telemetry/metrics_snapshot.hpp>

#include <boost/asio/post.hpp>

namespace gate::app {

key_watch::key_watch(core::executor control, std::string path, verify::key_ring& keys,
                     const telemetry::event_log& events, std::function<void()> changed, pace speed)
    : control_(control),
      path_(std::move(path)),
      keys_(keys),
      events_(events),
      changed_(std::move(changed)),
      pace_(speed),
      poll_timer_(control),
      settle_timer_(control),
      look_timer_(control) {
    if (const auto key = keys_.best()) taken_ = *key;
    set_shown_path();
}

void key_watch::set_shown_path() {
    const core::lock_guard lock(mutex_);
    shown_path_ = path_;
}

std::string key_watch::shown_path() const {
    const core::lock_guard lock(mutex_);
    return shown_path_;
}

void key_watch::start() {
    if (path_.empty()) return;
    watch_ = std::make_shared<file_watch>(control_, path_, [this] { settle(); });
    poll();
}

// The timers' handlers that have been queued already find another file, or none.
void key_watch::watch(const std::string& path, const core::secret_string& key) {
    if (path == path_) return;
    if (watch_) {
        watch_->stop();
        core::asio::post(control_, [old = std::move(watch_)] {});  // its last handler is queued before this
    }
    poll_timer_.cancel();
    path_ = path;
    set_shown_path();
    problem_.clear();
    candidate_ = {};
    if (path_.empty()) {
        taken_ = key;
        record_.note_success();
        const auto found = keys_.offer(key);
        on_success(found, false);
        tell({.problem = {}, .is_new = found == verify::key_offer::fresh});
        release_waiting();
    } else {
        start();
    }
}

void key_watch::stop() {
    if (watch_) watch_->stop();
    poll_timer_.cancel();
    settle_timer_.cancel();
    look_timer_.cancel();
}

void key_watch::reload(receiver told) {
    if (path_.empty()) {
        events_.info(
            "nothing to reload: the secret key comes from the environment and changes only with a restart");
        return told({});
    }
    asked_.push_back(std::move(told));
    read();
}

// The watch first: what changes after that is noticed.
void key_watch::poll() {
    if (path_.empty()) return;
    watch_->renew();
    read();
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
        if (!path_.empty()) {
            watch_->renew();
            read();
        }
        if (candidate_.empty()) release_waiting();
    });
}

void key_watch::release_waiting() {
    for (const auto& then : std::exchange(waiting_, {})) then();
}

void key_watch::on_key_event(verify::key_event what) {
    using verify::key_event;
    switch (what) {
        case key_event::none:
        case key_event::all_refused: break;  // shared_state logs the answers that could not be had
        case key_event::new_key_refused:
            events_.error(
                "the new secret key does not work: Gate refuses it, or refuses a token that it accepts with "
                "the old key; the old key stays in use",
                {{"gate.secret_key_file", shown_path()}});
            break;
        case key_event::replaced:
            events_.info("Gate accepts the new secret key: the old one is no longer used");
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
        if (path_.empty()) return then();
        read();
        if (keys_.other_than(*refused) != nullptr) return then();
        waiting_.push_back(std::move(then));
        settle();
    });
}

void key_watch::read() {
    auto key = config::read_secret_key(path_);
    if (key && *key != taken_) return look_again_at(std::move(*key));
    candidate_ = {};
    if (!key) return on_failure(key.error());
    take(std::move(*key));
}

void key_watch::look_again_at(core::secret_string key) {
    if (key == candidate_) return;  // the second look is due already
    if (candidate_.empty()) looks_ = 0;
    candidate_ = std::move(key);
    look_timer_.expires_after(pace_.look);
    look_timer_.async_wait([this](const core::error_code& ec) {
        if (!ec) look_again();
    });
}

void key_watch::look_again() {
    if (candidate_.empty()) return;  // given up while this handler was queued
    auto key = config::read_secret_key(path_);
    const bool is_whole = key && *key == candidate_;
    const bool is_endless = ++looks_ >= most_looks;
    if (key && !is_whole && !is_endless) return look_again_at(std::move(*key));
    candidate_ = {};
    if (is_whole) {
        take(std::move(*key));
    } else {
        on_failure(key ? "changes continuously" : key.error());
    }
    release_waiting();
}

void key_watch::take(core::secret_string key) {
    taken_ = key;
    const bool was_failing = !std::exchange(problem_, {}).empty();
    const auto found = keys_.offer(std::move(key));
    if (found == verify::key_offer::known && !was_failing && !is_asked_for()) return;
    record_.note_success();
    on_success(found, was_failing);
    tell({.problem = {}, .is_new = found == verify::key_offer::fresh});
}

// Every attempt counts, so that the counter rises for as long as the file is bad; the log says it once.
void key_watch::on_failure(const std::string& problem) {
    record_.note_failure();
    if (std::exchange(problem_, problem) == problem && !is_asked_for()) return;
    events_.error("the secret key file " + problem + "; the last good key stays in use",
                  {{"gate.secret_key_file", path_}});
    tell({.problem = path_ + ": the secret key file " + problem, .is_new = false});
}

void key_watch::tell(const key_reading& found) {
    for (const auto& each : std::exchange(asked_, {})) each(found);
}

void key_watch::on_success(verify::key_offer found, bool was_failing) {
    const char* line = "reloaded: the secret key has not changed";
    if (was_failing) line = "the secret key file is valid again and holds the same key as before";
    if (found == verify::key_offer::withdrawn) line = "the secret key file holds the key in use again";
    if (found == verify::key_offer::fresh)
        line = "a new secret key was read: it will be used once Gate has accepted it";
    events_.info(line, {{"gate.secret_key_file", path_}});
    if (found == verify::key_offer::fresh && keys_.all_refused()) changed_();
}

std::string key_watch::trouble() const {
    if (keys_.all_refused()) return "Gate refuses the secret key";
    if (keys_.new_key_refused()) return "the new secret key does not work; the old one is in use";
    if (!problem_.empty()) return "the secret key file " + problem_ + "; the last good key stays in use";
    return {};
}

void key_watch::collect(telemetry::metrics_snapshot& into) const {
    into.gauge("gate_key_refused", "1 while Gate refuses every known secret key.")
        .add({}, keys_.all_refused() ? 1.0 : 0.0);
    into.gauge("gate_key_change_refused",
               "1 while the new secret key does not work and the old one stays in use.")
        .add({}, keys_.new_key_refused() ? 1.0 : 0.0);
    record_.collect(into);
}

}  // namespace gate::app
