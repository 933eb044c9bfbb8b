#include "modelled_log.hpp"

#include <algorithm>
#include <charconv>

namespace gate::simulation {
namespace {

using auth::fleet_turn;
using namespace std::chrono_literals;

constexpr int most_failures = 3;  // in a row
constexpr core::duration extension_interval{100};

store_span span_of(core::time_point at) {
    return std::chrono::duration_cast<store_span>(at.time_since_epoch());
}

}  // namespace

std::uint64_t number_of(const auth::token_id& token) {
    std::uint64_t out = 0;
    for (const char each : token.view()) out = out * 10 + static_cast<unsigned>(each - '0');
    return out;
}

auth::token_id id_of(std::uint64_t token) {
    auth::token_id out;
    for (auto at = out.text.rbegin(); at != out.text.rend(); ++at) {
        *at = static_cast<char>('0' + token % 10);
        token /= 10;
    }
    return out;
}

modelled_log::modelled_log(event_queue& queue, store_line& line, auth::fleet_listener& listener,
                           std::size_t replica, core::time_point ends)
    : queue_(queue), line_(line), listener_(listener), replica_(replica), ends_(ends) {}

void modelled_log::start() {
    core::spawn(keep_connected());
    core::spawn(keep_beating());
    core::spawn(read_log());
}

void modelled_log::note_answer(store_time said, core::time_point sent) {
    failures_ = 0;
    listener_.sampled({said, span_of(sent), span_of(queue_.now())});
}

void modelled_log::note_failure() {
    listener_.away();
    if (++failures_ >= most_failures) lose_connection();
    is_usable();
}

bool modelled_log::is_usable() {
    if (is_connected_ && (line_.is_refused() || line_.epoch() != epoch_)) lose_connection();
    return is_connected_ && !is_over();
}

void modelled_log::lose_connection() {
    if (!is_connected_) return;
    is_connected_ = false;
    listener_.away();
}

core::task<fleet_turn> modelled_log::begin(auth::fleet_question question, core::executor) {
    if (!is_usable()) co_return fleet_turn{};
    begin_question what;
    what.token = number_of(question.token);
    what.owner = replica_ + 1;
    what.position = question.seen;
    std::from_chars(question.ignored.data(), question.ignored.data() + question.ignored.size(), what.ignored);
    what.budget = question.budget;
    what.wasted_budget = question.budget_for_waste;
    what.window = question.window;
    const auto sent = queue_.now();
    const auto op = [what](store_model& store) { return store.begin(what); };
    const auto reply = co_await line_.ask(op, timeout);
    if (!reply || !*reply) {
        note_failure();
        co_return fleet_turn{};
    }
    note_answer((*reply)->time, sent);
    co_return turn_of(**reply, what.token);
}

fleet_turn modelled_log::turn_of(const begin_reply& reply, std::uint64_t token) {
    fleet_turn out;
    out.at = reply.time;
    out.held = std::to_string(reply.held.serial);
    switch (reply.what) {
        case begin_reply::kind::go:
            out.step = fleet_turn::kind::go;
            out.lock = reply.held.serial;
            locks_[out.lock] = {token, connection_};
            core::spawn(extend(out.lock));
            break;
        case begin_reply::kind::read:
            out.step = fleet_turn::kind::read;
            out.answer = reply.done;
            break;
        case begin_reply::kind::wait:
            out.step = fleet_turn::kind::wait;
            if (reply.held.is_sealed) out.held_since = reply.held.taken;
            out.life = reply.life;
            break;
        case begin_reply::kind::later:
            out.step = fleet_turn::kind::later;
            out.pause = reply.in;
            out.for_waste = reply.is_waste;
            break;
    }
    return out;
}

core::task<> modelled_log::extend(auth::fleet_lock lock) {
    for (;;) {
        co_await queue_.until(queue_.now() + extension_interval);
        const auto own = locks_.find(lock);
        if (own == locks_.end() || is_over()) co_return;
        if (!is_usable() || own->second.connection != connection_) continue;
        const auto token = own->second.token;
        const auto op = [token, lock](store_model& store) { return store.extend(token, lock); };
        const auto reply = co_await line_.ask(op, timeout);
        if (!reply) note_failure();
    }
}

void modelled_log::finish(auth::fleet_lock lock, auth::fleet_result result) {
    finish_note note;
    std::uint64_t connection = connection_;
    if (const auto own = locks_.find(lock); own != locks_.end()) {
        connection = own->second.connection;
        note.lock = lock;
        locks_.erase(own);
    }
    if (!is_usable() || connection != connection_) return;
    note.token = number_of(*result.message.token);
    note.answer = result.outcome == auth::fleet_result::kind::accepted  ? finish_note::kind::yes
                  : result.outcome == auth::fleet_result::kind::refused ? finish_note::kind::no
                                                                        : finish_note::kind::failed;
    note.is_waste = result.is_waste;
    note.message = std::make_shared<const auth::fleet_message>(std::move(result.message));
    core::spawn(send_finish(std::move(note), connection));
}

core::task<> modelled_log::send_finish(finish_note note, std::uint64_t connection) {
    if (connection != connection_) co_return;
    const auto op = [note](store_model& store) { return store.finish(note); };
    const auto reply = co_await line_.ask(op, timeout);
    if (!reply || !*reply) note_failure();
}

std::optional<auth::fleet_message> modelled_log::message_of(const auth::fleet_notice& notice) const {
    const auto at = listener_.to_store(notice.at);
    if (!at) return {};
    auth::fleet_message out;
    out.kind = notice.kind;
    out.at = *at;
    out.token = notice.token;
    out.account = notice.account;
    out.keys = notice.keys;
    if (notice.until != core::time_point{}) out.until = listener_.to_store(notice.until).value_or(*at);
    return out;
}

core::task<bool> modelled_log::publish(auth::fleet_notice notice, core::executor) {
    auto own = std::make_shared<own_notice>(own_notice{std::move(notice)});
    notices_.push_back(own);
    const bool sent = co_await send(own);
    co_return sent;
}

void modelled_log::announce(auth::fleet_notice notice) {
    auto own = std::make_shared<own_notice>(own_notice{std::move(notice)});
    notices_.push_back(own);
    core::spawn(send_unattended(own));
}

core::task<> modelled_log::send_unattended(std::shared_ptr<own_notice> own) {
    co_await send(own);
}

core::task<bool> modelled_log::send(std::shared_ptr<own_notice> own) {
    if (!is_usable()) co_return false;
    const auto text = message_of(own->notice);
    if (!text) co_return false;
    const auto message = std::make_shared<const auth::fleet_message>(*text);
    const auto op = [message](store_model& store) { return store.publish(message); };
    const auto reply = co_await line_.ask(op, timeout);
    own->is_acknowledged = reply && reply->has_value();
    if (!own->is_acknowledged) note_failure();
    co_return own->is_acknowledged;
}

}  // namespace gate::simulation
