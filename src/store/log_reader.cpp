#include <gate/store/command.hpp>
#include <gate/store/log_reader.hpp>

#include <utility>

namespace gate::store {

log_reader::log_reader(core::executor executor, net::deadline_wheel&, directory& where, std::string key,
                       log_listener& listener)
    : executor_(std::move(executor)),
      where_(where),
      key_(std::move(key)),
      listener_(listener),
      pause_(executor_) {}

void log_reader::start() {
    is_stopped_ = false;
    core::spawn(keep_open());
}

void log_reader::stop() {
    is_stopping_ = true;
    pause_.cancel();
    if (link_) link_->cut();
}

void log_reader::reopen() noexcept {
    cursor_.begin();
    if (!link_) return;
    reopens_ = true;
    link_->cut();
}

core::task<> log_reader::keep_open() {
    while (!is_stopping_) {
        const auto begun = core::clock::now();
        auto opened = co_await where_.open(begun + between_connections);
        said_ = std::move(opened.said);
        reopens_ = false;
        if (opened.own && !is_stopping_) {
            link_ = std::move(opened.own);
            cursor_.begin();
            listener_.began(false);
            opened.failure = co_await follow();
            link_.reset();
        }
        if (is_stopping_) break;
        if (reopens_) continue;
        if (opened.failure != fault::none) note_failure(opened.failure, core::clock::now());
        pause_.expires_at(begun + between_connections);
        co_await pause_.async_wait(core::use_task);
    }
    is_stopped_ = true;
}

void log_reader::note_failure(fault why, core::time_point now) {
    if (!failing_since_) failing_since_ = now;
    if (now - *failing_since_ < patience) return;
    is_unreadable_ = true;
    listener_.unreadable(why, said_);
}

void log_reader::note_success() {
    failing_since_.reset();
    if (std::exchange(is_unreadable_, false)) listener_.readable();
}

core::task<link::received> log_reader::ask(std::string command) {
    const auto until = core::clock::now() + longest_reply;
    auto got = co_await link_->ask(command, until, longest_silence);
    co_return got;
}

core::task<fault> log_reader::follow() {
    const auto changes = where_.changes();
    auto why = fault::none;
    auto not_before = core::time_point::min();
    while (why == fault::none && !is_stopping_ && changes == where_.changes()) {
        const auto step = cursor_.next(core::clock::now());
        if (step.action == log_cursor::step::kind::look) {
            why = co_await look();
        } else {
            why = co_await read(step);
            const bool is_flood = core::clock::now() < not_before && brought_ < most_entries;
            if (is_flood && !is_stopping_) {
                pause_.expires_at(not_before);
                co_await pause_.async_wait(core::use_task);
            }
            not_before = core::clock::now() + pace;
        }
    }
    co_return why;
}

core::task<fault> log_reader::look() {
    auto question = look_command(key_);
    const auto got = co_await ask(std::move(question));
    if (got.failure != fault::none) co_return got.failure;
    const auto newest = newest_in(got.value);
    if (!newest) {
        const auto why = co_await judge(got.value);
        co_return why;
    }
    if (cursor_.looked(*newest, core::clock::now())) {
        listener_.took({}, cursor_.position());
        listener_.began(true);
    }
    co_return fault::none;
}

core::task<fault> log_reader::read(log_cursor::step step) {
    const bool waits = step.action == log_cursor::step::kind::await;
    auto question = read_command(key_, step.after, waits ? wait : std::chrono::milliseconds(0));
    auto got = co_await ask(std::move(question));
    if (got.failure != fault::none) co_return got.failure;
    const auto entries = entries_in(std::move(got.value));
    const bool goes_on = entries && (entries->empty() || entries->front().id > step.after);
    if (!goes_on) {
        const auto why = co_await judge(got.value);
        co_return why;
    }
    note_success();
    std::optional<auth::log_position> last;
    if (!entries->empty()) last = entries->back().id;
    const bool is_there = cursor_.has_read(last);
    brought_ = entries->size();
    if (last) listener_.took(*entries, cursor_.position());
    if (is_there) listener_.caught_up();
    co_return fault::none;
}

// Of an answer that is none.
core::task<fault> log_reader::judge(const reply& answer) {
    said_ = answer.is_error() ? answer.text : std::string();
    if (!answer.is_error("WRONGTYPE")) {
        if (!answer.is_error()) listener_.misunderstood();
        (void)where_.note(answer);
        co_return fault::failed;
    }
    listener_.found_no_log();
    auto deletion = command({"DEL", key_});
    const auto got = co_await ask(std::move(deletion));
    const auto why = got.value.is_error() ? fault::failed : got.failure;
    co_return why;
}

}  // namespace gate::store
