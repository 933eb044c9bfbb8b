#include "fleet_runner.hpp"

#include <gate/core/random.hpp>
#include <gate/core/signals.hpp>
#include <gate/net/tls_context.hpp>
#include <gate/store/command.hpp>
#include <gate/store/message_codec.hpp>
#include <gate/telemetry/event_log.hpp>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

namespace gate::store {
namespace {

constexpr core::duration between_beats{5'000};
constexpr core::duration between_merges{60'000};
constexpr core::duration again{1'000};
constexpr core::duration longest_tick{1'000};

// What a listpack of blocks, or an answer to XREAD, may hold.
constexpr reply_limits limits{.text = 4'096, .list = 8'192, .deep_list = 8, .reply = 4 << 20U};

link_options to_link_options(const fleet_log_options& from) {
    link_options out;
    out.username = from.username;
    out.password = from.password;
    out.database = from.url.database;
    out.limits = limits;
    if (!from.url.tls) return out;
    std::string why_not;
    out.tls.material = from.tls ? from.tls : std::make_shared<const net::client_tls_material>();
    out.tls.server_name = from.tls_server_name;
    auto made = net::make_client_tls(out.tls.material, why_not);
    if (!made) throw std::runtime_error("fleet.tls: " + why_not);
    out.tls.context = std::move(*made);
    return out;
}

std::string random_name() {
    std::array<std::uint8_t, 16> bytes;
    core::fill_with_random(bytes);
    return {bytes.begin(), bytes.end()};
}

}  // namespace

fleet_log::runner::runner(fleet_log_options options, const fleet_keys& keys, auth::fleet_listener& listener,
                          const telemetry::event_log* events)
    : events_(events),
      names_(keys),
      where_(executor_, wheel_, options.url, to_link_options(options)),
      commands_(executor_, wheel_, where_, *this, options.timeout),
      reader_(executor_, wheel_, where_, names_.log(), *this),
      access_{commands_, keys, names_, listener, counters_, {}, options.timeout, random_name()},
      locks_(access_),
      blocks_(access_),
      sender_(access_, options.memory,
              [this](const auth::fleet_message& block) { core::spawn(blocks_.put(block)); }),
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
        reader_.stop();
    });
    thread_.join();
}

void fleet_log::runner::run_loop() {
    auto work = core::asio::make_work_guard(executor_);
    commands_.start();
    arm();
    const auto has_ended = [this] {
        return is_stopping_ && commands_.is_stopped() && reader_.is_stopped() && !is_merging_;
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

std::string fleet_log::runner::probe() {
    const auto call = beat_call(names_, access_.replica, access_.bounds);
    return command({"EVAL", call.what->text, "1", call.keys[0], call.arguments[0], call.arguments[1]});
}

void fleet_log::runner::probed(const command_outcome& outcome) {
    counters_.count(operation::beat, outcome.why, outcome.received - outcome.sent);
    take_beat(outcome);
}

void fleet_log::runner::take_beat(const command_outcome& outcome) {
    if (outcome.why != fault::none) return;
    const auto got = beat_in(outcome.value);
    if (!got) return access_.listener.rejected(auth::fleet_defect::reply);
    access_.sample(got->at, outcome);
    counters_.set_replicas(got->replicas);
    next_beat_ = core::clock::now() + between_beats;
    // The store has lost what we said 5 s ago: it may have lost more.
    if (!got->was_known && commands_.is_there()) begin_again();
}

void fleet_log::runner::appeared(bool is_new) {
    counters_.set_connected(true);
    told_.clear();
    if (events_ != nullptr) events_->info("fleet: the store answers");
    if (is_new) {
        access_.listener.connected();
        reader_.rewind();
        has_read_log_ = has_read_blocks_ = false;
    }
    begin_again();
    if (!std::exchange(is_reading_, true)) reader_.start();
    arm();
}

void fleet_log::runner::begin_again() {
    sender_.begin_again();
    next_merge_ = core::clock::now();
    arm();
}

void fleet_log::runner::disappeared(fault why, std::string_view said) {
    counters_.set_connected(false);
    access_.listener.away();
    if (!is_stopping_) tell_away(why, said);
}

void fleet_log::runner::could_not_connect(fault why, std::string_view said) {
    if (is_stopping_ || commands_.is_there()) return;
    access_.listener.away();
    tell_away(why, said);
}

// Once for each reason.
void fleet_log::runner::tell_away(fault why, std::string_view said) {
    auto reason = std::string(to_string(why)).append(": ").append(said.substr(0, 200));
    if (events_ == nullptr || reason == told_) return;
    told_ = std::move(reason);
    events_->warn("fleet: the store is away; this replica verifies for itself until it answers",
                  {{"error.type", to_string(why)}, {"error.message", said}});
}

void fleet_log::runner::was_late() {
    access_.listener.away();
}

void fleet_log::runner::began(bool is_other_history) {
    access_.listener.connected();
    has_read_log_ = false;
    if (events_ != nullptr && is_other_history)
        events_->warn("fleet: the store's log has another history; it is read from its beginning");
    if (commands_.is_there()) begin_again();
}

void fleet_log::runner::took(std::span<const log_entry> entries, const auth::log_position& position) {
    for (const auto& each : entries) hear(each);
    if (!entries.empty()) {
        if (const auto now = access_.listener.to_store(core::clock::now())) {
            const auto then = std::chrono::milliseconds(
                static_cast<std::int64_t>(std::min<std::uint64_t>(position.milliseconds, 1ULL << 42U)));
            counters_.set_lag(std::max(auth::store_span(0), now->time_since_epoch() - then));
        }
    }
    access_.listener.reached(position);
}

void fleet_log::runner::hear(const log_entry& entry) {
    auto& listener = access_.listener;
    if (entry.is_too_large) {
        listener.rejected(auth::fleet_defect::size);
        return remove(entry.id);
    }
    if (entry.is_malformed) return listener.rejected(auth::fleet_defect::malformed);
    const auto text = access_.keys.unseal(entry.message, names_.log());
    if (!text) return listener.rejected(auth::fleet_defect::unsealed);
    const auto message = read_message(*text);
    if (!message) return listener.rejected(auth::fleet_defect::malformed);
    if (listener.heard(*message)) counters_.count_heard(message->kind);
}

void fleet_log::runner::remove(const auth::log_position& entry) {
    const auto id = to_text(entry);
    access_.send(command({"XDEL", names_.log(), id}), operation::publish, access_.deadline(),
                 [](const command_outcome&) {});
}

void fleet_log::runner::caught_up() {
    has_read_log_ = true;
    tell_caught_up();
}

void fleet_log::runner::tell_caught_up() {
    if (has_read_log_ && has_read_blocks_) access_.listener.caught_up();
}

void fleet_log::runner::found_no_log() {
    access_.listener.rejected(auth::fleet_defect::type);
}

void fleet_log::runner::misunderstood() {
    access_.listener.rejected(auth::fleet_defect::reply);
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

// When something is to be done next.
void fleet_log::runner::arm() {
    if (is_stopping_) return;
    const auto now = core::clock::now();
    auto when = now + longest_tick;
    if (commands_.is_there()) {
        when = std::min({when, next_beat_, locks_.next_extension(), sender_.next_due()});
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
        if (now >= next_beat_) {
            next_beat_ = now + between_beats;
            access_.run(beat_call(names_, access_.replica, access_.bounds), operation::beat,
                        access_.deadline(), [this](const command_outcome& outcome) { take_beat(outcome); });
        }
        if (now >= next_merge_ && !is_merging_) {
            next_merge_ = core::never;
            core::spawn(merge());
        }
    }
    arm();
}

}  // namespace gate::store
