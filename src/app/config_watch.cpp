#include <gate/app/config_watch.hpp>
#include <gate/app/file_digest.hpp>
#include <gate/config/files.hpp>

#include <filesystem>
#include <utility>

namespace gate::app {
namespace {

std::string digest_of_text(const config_watch::content& text) {
    return text ? digest_of(*text) : digest_of("! " + text.error());
}

}  // namespace

config_watch::config_watch(core::executor control, std::optional<std::string> path, receiver found,
                           pace speed)
    : path_(std::move(path)), found_(std::move(found)), pace_(speed), timer_(control) {
    if (path_) directory_.emplace(control, *path_, [this] { on_sign(); });
}

// The watch first: what changes after that is noticed.
void config_watch::start(std::string_view known) {
    handled_ = digest_of(known);
    // A pipe is read once: what it held stays.
    const bool is_pipe = path_ && std::filesystem::exists(*path_) &&
                         !std::filesystem::is_regular_file(*path_) && !std::filesystem::is_directory(*path_);
    known_ = digest_of_text(is_pipe ? read() : content(std::string(known))) + known_of_others();
    if (directory_) directory_->renew();
    state_ = state::waiting;
    look_first();
}

void config_watch::stop() {
    state_ = state::stopped;
    if (directory_) directory_->stop();
    timer_.cancel();
}

// A file that has changed since it was read is different at the next look.
void config_watch::watch_also(std::vector<std::string> files, std::map<std::string, std::string> as_read) {
    also_ = std::move(files);
    as_read_ = std::move(as_read);
    known_ = handled_ + known_of_others();
}

std::string config_watch::known_of_others() const {
    std::string out;
    for (const auto& each : also_) {
        const auto found = as_read_.find(each);
        out += found != as_read_.end() ? found->second : digest_of_file(each);
    }
    return out;
}

void config_watch::ask() {
    asked_ = true;
    on_sign();
}

void config_watch::on_sign() {
    if (state_ == state::waiting) {
        look_first();
    } else {
        has_sign_ = true;
    }
}

void config_watch::wait() {
    state_ = state::waiting;
    after(pace_.poll, &config_watch::look_first);
}

void config_watch::after(core::duration pause, void (config_watch::*next)()) {
    timer_.expires_after(pause);
    timer_.async_wait([this, next, turn = ++turn_](const core::error_code& ec) {
        // One that has expired in the moment in which another took its place has no error.
        if (!ec && turn == turn_ && state_ != state::stopped) (this->*next)();
    });
}

void config_watch::look_first() {
    has_sign_ = false;
    if (directory_) directory_->renew();
    seen_ = digest_of_all(read());
    if (!asked_ && seen_ == known_) return wait();
    state_ = state::settling;
    looks_ = 1;
    after(pace_.look, &config_watch::look_again);
}

void config_watch::look_again() {
    auto text = read();
    auto now = digest_of_all(text);
    if (now == seen_) {
        if (!asked_ && now == known_) return wait();
        return receive(std::move(text));
    }
    if (++looks_ >= most_looks) return receive(config::refusal{"changes continuously"});
    seen_ = std::move(now);
    after(pace_.look, &config_watch::look_again);
}

void config_watch::receive(content what) {
    state_ = state::busy;
    ++turn_;
    asked_ = false;
    handled_ = digest_of_text(what);
    known_ = seen_;
    found_(std::move(what));
}

void config_watch::finished() {
    if (state_ == state::stopped) return;
    if (has_sign_ || asked_) {
        look_first();
    } else {
        wait();
    }
}

config_watch::content config_watch::read() const {
    if (!path_) return std::string();
    return config::read_file(*path_, pace_.most_bytes, config::file_kind::regular);
}

std::string config_watch::digest_of_all(const content& text) const {
    auto out = digest_of_text(text);
    for (const auto& each : also_) out += digest_of_file(each);
    return out;
}

}  // namespace gate::app
