#include <gate/auth/fleet.hpp>
#include <gate/store/command.hpp>
#include <gate/store/connection.hpp>

#include <utility>
#include <vector>

namespace gate::store {
namespace {

constexpr std::size_t most_unsent = 4 << 20U;
// Redirections that are followed without a pause.
constexpr unsigned most_followed = 3;

}  // namespace

connection::connection(core::executor executor, net::deadline_wheel&, directory& where, connection_user& user,
                       core::duration timeout)
    : executor_(std::move(executor)),
      where_(where),
      user_(user),
      timeout_(timeout),
      alarm_(executor_),
      pause_(executor_) {}

void connection::start() {
    is_stopped_ = false;
    core::spawn(keep_open());
}

void connection::stop() {
    is_stopping_ = true;
    alarm_.cancel();
    pause_.cancel();
    if (link_) link_->cut();
}

core::task<> connection::keep_open() {
    while (!is_stopping_) {
        const auto now = core::clock::now();
        presence_.begin_probe(now);
        auto opened = co_await where_.open(now + patience);
        const bool is_failing = !opened.own;
        if (opened.own && !is_stopping_) {
            link_ = std::move(opened.own);
            ++number_;
            is_new_ = true;
            send_probe();
            opened.failure = co_await take_replies(opened.said);
            link_->bytes().interrupt_writing(net::wait_status::cancelled);
            link_.reset();
            unsent_.clear();
            waits_to_write_ = is_probing_ = false;
        }
        if (!is_stopping_ && is_failing) user_.could_not_connect(opened.failure, opened.said);
        lose(opened.failure, opened.said);
        fail_all(fault::broken);
        if (!is_stopping_) co_await pause();
    }
    alarm_.cancel();
    is_stopped_ = true;
}

core::task<> connection::pause() {
    if (std::exchange(follows_, false) && followed_++ < most_followed) co_return;
    followed_ = 0;
    pause_.expires_at(presence_.next_probe());
    co_await pause_.async_wait(core::use_task);
}

core::task<fault> connection::take_replies(std::string& said) {
    using advice = directory::advice;
    for (;;) {
        auto got = co_await link_->receive(core::never);
        if (got.failure != fault::none) co_return got.failure;
        auto answered = commands_.answer(std::move(got.value), auth::fleet_now());
        if (!answered) co_return fault::garbled;
        const auto what = where_.note(answered->outcome.value);
        const bool ends = directory::leads_elsewhere(what);
        follows_ = what == advice::follow;
        if (ends) said = answered->outcome.value.text;
        if (answered->then) {
            // No reason to be away: what has all its keys in one place is done, a revocation perhaps.
            if (what == advice::bear) {
                user_.keys_move();
            } else {
                take_outcome(answered->outcome);
            }
            answered->then(std::move(answered->outcome));
        }
        if (ends) co_return fault::failed;
    }
}

void connection::send(std::string_view command, core::time_point deadline, command_callback then) {
    if (!link_ || !presence_.is_there() || link_->bytes().is_cut()) {
        then({.failure = fault::unreachable});
        return;
    }
    put(command, deadline, std::move(then));
}

void connection::put(std::string_view command, core::time_point deadline, command_callback&& then) {
    const bool may_be_sent =
        unsent_.size() + command.size() <= most_unsent && (!commands_.empty() || link_->is_quiet());
    if (!may_be_sent || !commands_.add(deadline, auth::fleet_now(), std::move(then))) {
        // NOLINTNEXTLINE(bugprone-use-after-move): it is there, unless add() took it
        then({.failure = fault::failed});
        return;
    }
    unsent_.append(command);
    flush();
    if (deadline < alarm_at_) arm();
}

void connection::flush() {
    if (waits_to_write_) return;
    while (!unsent_.empty()) {
        const auto put = link_->bytes().try_write(unsent_);
        unsent_.erase(0, put.bytes);
        if (put.error == 0 && !put.would_block()) continue;
        if (!put.would_block()) {
            link_->cut();
            return;
        }
        waits_to_write_ =
            link_->bytes().begin_wait(net::direction::write, &connection::on_writable, this, core::never);
        if (waits_to_write_) return;
    }
}

void connection::on_writable(void* self, net::wait_status status) {
    auto& own = *static_cast<connection*>(self);
    own.waits_to_write_ = false;
    if (status == net::wait_status::ready) own.flush();
}

namespace {

// Everything after the name and the text or digest of a script.
std::string rest_of_call(std::span<const std::string_view> keys,
                         std::span<const std::string_view> arguments) {
    std::vector<std::string_view> words;
    const auto count = std::to_string(keys.size());
    words.emplace_back(count);
    words.insert(words.end(), keys.begin(), keys.end());
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::string out;
    append_words(out, words);
    return out;
}

std::string call_of(std::string_view how, std::string_view what, std::size_t words, std::string_view rest) {
    std::string out;
    begin_command(out, words + 2);
    append_words(out, std::array{how, what});
    return out.append(rest);
}

}  // namespace

void connection::run(const script& what, std::span<const std::string_view> keys,
                     std::span<const std::string_view> arguments, core::time_point deadline,
                     command_callback then) {
    auto rest = rest_of_call(keys, arguments);
    const auto words = 1 + keys.size() + arguments.size();
    const auto call = call_of("EVALSHA", what.sha1, words, rest);
    send(call, deadline,
         [this, &what, words, deadline, rest = std::move(rest),
          then = std::move(then)](command_outcome outcome) mutable {
             if (!outcome.value.is_error("NOSCRIPT")) return then(std::move(outcome));
             send(call_of("EVAL", what.text, words, rest), deadline, std::move(then));
         });
}

void connection::send_probe() {
    is_probing_ = true;
    const auto probe = user_.probe();
    put(probe, core::clock::now() + timeout_,
        [this](const command_outcome& outcome) { take_probe(outcome); });
}

void connection::take_probe(const command_outcome& outcome) {
    is_probing_ = false;
    if (outcome.failure != fault::none) return user_.could_not_connect(outcome.failure, outcome.value.text);
    if (!user_.probed(outcome)) {
        user_.could_not_connect(fault::garbled, {});
        return link_->cut();
    }
    followed_ = 0;
    if (presence_.probe_succeeded()) user_.appeared(std::exchange(is_new_, false));
    arm();
}

void connection::take_outcome(const command_outcome& outcome) {
    if (outcome.failure == fault::none) return presence_.succeeded();
    if (outcome.value.is_error("NOSCRIPT")) return;
    if (presence_.failed()) {
        user_.disappeared(outcome.failure, outcome.value.text);
        arm();
    }
}

void connection::lose(fault why, std::string_view said) {
    if (presence_.lost()) user_.disappeared(why, said);
}

void connection::fail_all(fault why) {
    for (auto& then : commands_.clear()) then({.failure = why});
}

void connection::arm() {
    auto when = commands_.next_deadline();
    if (!commands_.empty()) when = std::min(when, core::clock::now() + patience);
    if (link_ && !presence_.is_there()) when = std::min(when, presence_.next_probe());
    alarm_at_ = when;
    if (is_stopping_ || when == core::never) return;
    alarm_.expires_at(when);
    alarm_.async_wait([this](core::error_code ec) {
        if (!ec && !is_stopping_) on_time();
    });
}

void connection::on_time() {
    const auto now = core::clock::now();
    auto late = commands_.expire(now);
    bool is_lost = false;
    for (std::size_t i = 0; i < late.size(); ++i) is_lost = presence_.failed() || is_lost;
    if (is_lost) user_.disappeared(fault::late, {});
    for (auto& then : late) then({.failure = fault::late});
    if (!late.empty()) user_.was_late();
    if (link_ && commands_.silence(auth::fleet_now()) > patience) {
        link_->cut();
    } else if (link_ && !presence_.is_there() && !is_probing_ && now >= presence_.next_probe()) {
        presence_.begin_probe(now);
        send_probe();
    }
    arm();
}

}  // namespace gate::store
