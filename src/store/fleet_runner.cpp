#include "fleet_runner.hpp"

#include "link_options_of.hpp"

#include <gate/core/random.hpp>
#include <gate/core/signals.hpp>
#include <gate/net/tls_context.hpp>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace gate::store {
namespace {

constexpr core::duration between_merges{60'000};
constexpr core::duration again{1'000};
constexpr core::duration longest_tick{1'000};

std::string random_name() {
    std::array<std::uint8_t, 16> bytes;
    core::fill_with_random(bytes);
    return {bytes.begin(), bytes.end()};
}

}  // namespace

fleet_log::runner::runner(const fleet_log_options& options, const fleet_keys& keys,
                          auth::fleet_listener& listener, const telemetry::event_log* events)
    : names_(keys),
      where_(executor_, wheel_, options.url, link_options_of(options), options.sentinel),
      commands_(executor_, wheel_, where_, *this, options.timeout),
      access_{commands_, keys, names_, listener, counters_, {}, options.timeout, random_name()},
      notes_(events),
      hearing_(access_, executor_, wheel_, where_, notes_,
               {.connected = [this] { begin_again(); },
                .read = [this] { tell_caught_up(); },
                .unreadable = [this](fault why, std::string_view said) { cannot_read(why, said); },
                .readable = [this] { can_read(); }}),
      locks_(access_),
      blocks_(access_),
      sender_(access_, options.memory, [this](const auth::fleet_message& block) { core::spawn(put(block)); }),
      beat_(access_, [this] { begin_again(); }),
      tick_(executor_) {
    access_.bounds.life = options.message_life;
}

void fleet_log::runner::start() {
    thread_ = std::thread([this] {
        core::leave_signals_to_main();
        run_loop();
    });
}

void fleet_log::runner::stop() {
    if (!thread_.joinable()) return;
    core::asio::post(executor_, [this] {
        is_stopping_ = true;
        tick_.cancel();
        commands_.stop();
        hearing_.stop();
    });
    thread_.join();
}

void fleet_log::runner::run_loop() {
    auto work = core::asio::make_work_guard(executor_);
    commands_.start();
    arm();
    const auto has_ended = [this] {
        return is_stopping_ && commands_.is_stopped() && hearing_.is_stopped() && !is_merging_;
    };
    while (!has_ended()) context_.run_one();
    counters_.set_connected(false);
    context_.poll();  // what has been posted meanwhile is told that the store is away
}

void fleet_log::runner::begin(const auth::fleet_question& question, core::time_point deadline,
                              fleet_locks::turn_callback then) {
    locks_.begin(question, deadline, [this, then = std::move(then)](auth::fleet_turn turn) {
        const bool is_ours = turn.step == auth::fleet_turn::kind::go;
        then(std::move(turn));
        if (is_ours) arm();
    });
}

void fleet_log::runner::finish(auth::fleet_lock lock, auth::fleet_result result) {
    locks_.finish(lock, std::move(result), [this](const auth::fleet_message& message, std::string sealed) {
        if (message.kind != auth::fleet_kind::verdict) return;
        sender_.publish_again(message, std::move(sealed));
        arm();
    });
}

void fleet_log::runner::publish(auth::fleet_notice notice, fleet_sender::done_callback then) {
    sender_.publish(std::move(notice), std::move(then));
    arm();
}

// What has been read can be used: make_client_tls() is part of the reading.
void fleet_log::runner::use_tls(std::shared_ptr<const net::client_tls_material> material) {
    core::asio::post(executor_, [this, material = std::move(material)]() mutable {
        std::string why_not;
        auto made = net::make_client_tls(material, why_not);
        if (made) where_.use_tls(std::move(material), std::move(*made));
    });
}

void fleet_log::runner::use_lives(core::duration memory, core::duration message_life) {
    sender_.keep_purges_for(memory);
    access_.bounds.life = message_life;
}

core::task<> fleet_log::runner::merge() {
    is_merging_ = true;
    const bool is_done = co_await blocks_.merge();
    is_merging_ = false;
    if (is_stopping_) co_return;
    const auto pause = is_done ? between_merges : again;
    // Sooner if it has been asked for meanwhile.
    next_merge_ = std::min<core::time_point>(next_merge_, core::clock::now() + pause);
    if (is_done && !std::exchange(has_read_blocks_, true)) tell_caught_up();
    arm();
}

core::task<> fleet_log::runner::put(auth::fleet_message block) {
    const bool has_room = co_await blocks_.put(std::move(block));
    if (has_room || is_stopping_) co_return;
    next_merge_ = core::clock::now();
    arm();
}

// When something is to be done next.
void fleet_log::runner::arm() {
    if (is_stopping_) return;
    const auto now = core::clock::now();
    auto when = now + longest_tick;
    if (commands_.is_there()) {
        when = std::min({when, beat_.next_due(), locks_.next_extension(), sender_.next_due()});
        if (!is_merging_) when = std::min(when, next_merge_);
    }
    tick_.expires_at(std::max(when, now));
    tick_.async_wait([this](core::error_code ec) {
        if (!ec && !is_stopping_) on_tick();
    });
}

void fleet_log::runner::on_tick() {
    const auto now = core::clock::now();
    if (commands_.is_there()) {
        locks_.extend(now);
        sender_.send_due(now);
        beat_.send_due(now);
        if (now >= next_merge_ && !is_merging_) {
            next_merge_ = core::never;
            core::spawn(merge());
        }
    }
    arm();
}

}  // namespace gate::store
