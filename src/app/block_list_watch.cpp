#include <gate/app/block_list_watch.hpp>
#include <gate/config/files.hpp>

#include <boost/asio/post.hpp>

#include <utility>

namespace gate::app {

block_list_watch::block_list_watch(core::executor control, auth::blocked_accounts& blocked,
                                   const telemetry::event_log& events, std::function<void()> changed,
                                   config_watch::pace speed)
    : control_(std::move(control)),
      blocked_(blocked),
      events_(events),
      changed_(std::move(changed)),
      pace_{speed.poll, speed.look, config::most_list_bytes} {}

bool block_list_watch::watch(const std::string& path) {
    wanted_ = path;
    if (path == path_) return true;
    config_watch::content text = std::string();
    config::account_list list;
    if (!path.empty()) {
        text = config::read_file(path, pace_.most_bytes, config::file_kind::regular);
        list = config::read_list_content(text);
        if (!list.problems.empty()) {
            fail(path, list);
            return false;
        }
    }
    retire();
    path_ = path;
    problem_.clear();
    blocked_.take_file(std::move(list.accounts));
    changed_();
    if (path_.empty()) return true;
    watch_ = std::make_shared<config_watch>(
        control_, path_, [this](const config_watch::content& found) { take(found); }, pace_);
    watch_->start(*text);
    return true;
}

// Its timers' handlers that have been queued already run before it is destroyed.
void block_list_watch::retire() {
    if (!watch_) return;
    watch_->stop();
    boost::asio::post(control_, [old = std::move(watch_)] {});
}

void block_list_watch::stop() {
    if (watch_) watch_->stop();
}

void block_list_watch::reload(receiver told) {
    // The file that the configuration names could not be read when it did.
    if (wanted_ != path_ && !watch(wanted_)) return told(problem_);
    if (!watch_) return told({});
    asked_.push_back(std::move(told));
    watch_->ask();
}

void block_list_watch::take(const config_watch::content& found) {
    auto list = config::read_list_content(found);
    if (!list.problems.empty()) {
        fail(path_, list);
    } else {
        const auto count = list.accounts.size();
        problem_.clear();
        record_.note_success();
        blocked_.take_file(std::move(list.accounts));
        changed_();
        events_.info("the list of blocked accounts was read again",
                     {{"auth.blocked_accounts_file", path_}, {"accounts", count}});
    }
    for (const auto& each : std::exchange(asked_, {})) each(problem_);
    watch_->finished();
}

void block_list_watch::fail(const std::string& path, const config::account_list& list) {
    std::string all;
    for (const auto& each : list.problems) all += (all.empty() ? "" : "; ") + describe(each, path);
    problem_ = "the list of blocked accounts cannot be used, and the last one stays in force: " + all;
    record_.note_failure();
    events_.error(problem_, {{"auth.blocked_accounts_file", path}});
}

std::string block_list_watch::trouble() const {
    return problem_;
}

}  // namespace gate::app
