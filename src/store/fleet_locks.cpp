#include "fleet_locks.hpp"

#include <gate/store/message_codec.hpp>

#include <algorithm>
#include <utility>

namespace gate::store {
namespace {

constexpr std::size_t most_doubtful = 1'000;

// What was sent, and has lost its connection.
bool is_lost(fault why) {
    return why == fault::broken || why == fault::garbled;
}

// The store may have done it.
bool is_in_doubt(fault why) {
    return why == fault::late || is_lost(why);
}

}  // namespace

void fleet_locks::begin(const auth::fleet_question& question, core::time_point deadline, turn_callback then) {
    const auto since = on_.listener.to_store(core::clock::now());
    if (!since) return then({});
    held lock{.token = question.token, .key = on_.names.lock(question.token), .window = question.window};
    lock.owner = on_.keys.seal(lock_text(on_.replica, *since), lock.key);
    lock.connection = on_.commands.number();
    const auto call = begin_call(on_.names, question, lock.owner);
    on_.run(call, operation::begin, deadline,
            [this, lock = std::move(lock), then = std::move(then)](const command_outcome& outcome) mutable {
                const doubtful own{lock.token, lock.owner, core::clock::now() + lock_life};
                then(take_turn(outcome, std::move(lock)));
                if (is_in_doubt(outcome.failure)) give_back(own);
            });
}

void fleet_locks::give_back(doubtful lock) {
    if (!on_.commands.is_there()) return keep(std::move(lock));
    const auto now = on_.listener.to_store(core::clock::now());
    if (!now) return;
    auth::fleet_message message;
    message.kind = auth::fleet_kind::release;
    message.at = *now;
    message.token = lock.token;
    const auto call = release_call(on_.names, lock.token, lock.owner,
                                   on_.keys.seal(write(message), on_.names.log()), on_.bounds);
    // In no hurry: what waits for it waits until then.
    const auto ends = lock.ends;
    on_.run(call, operation::release, ends,
            [this, lock = std::move(lock)](const command_outcome& outcome) mutable {
                if (is_lost(outcome.failure)) return keep(std::move(lock));
                if (outcome.failure == fault::none && !outcome.value.text_at(0).empty())
                    on_.counters.count_sent(auth::fleet_kind::release);
            });
}

void fleet_locks::keep(doubtful&& lock) {
    if (doubtful_.size() >= most_doubtful) doubtful_.pop_front();
    doubtful_.push_back(std::move(lock));
}

void fleet_locks::give_back_again() {
    const auto now = core::clock::now();
    for (auto& each : std::exchange(doubtful_, {}))
        if (each.ends > now) give_back(std::move(each));
}

auth::fleet_turn fleet_locks::take_turn(const command_outcome& outcome, held lock) {
    if (outcome.failure != fault::none) return {};
    auto turn = turn_in(outcome.value, on_.keys, lock.key);
    if (!turn) {
        on_.listener.rejected(auth::fleet_defect::reply);
        return {};
    }
    on_.sample(turn->at, outcome);
    if (turn->step != auth::fleet_turn::kind::go) return std::move(*turn);
    lock.asked = turn->at;
    lock.extend_at = core::clock::now() + between_extensions;
    turn->lock = next_++;
    held_.emplace(turn->lock, std::move(lock));
    return std::move(*turn);
}

void fleet_locks::finish(auth::fleet_lock number, auth::fleet_result result, unsent_callback unsent) {
    auto node = held_.extract(number);
    if (node.empty()) return;
    const auto& lock = node.mapped();
    // What lived through a reconnect is not told: the store may be another one.
    const bool is_same = on_.commands.number() == lock.connection;
    auto message = std::move(result.message);
    message.at = lock.asked;
    message.token = lock.token;
    std::string sealed;
    if (is_same) sealed = on_.keys.seal(write(message), on_.names.log());
    const auto call = finish_call(on_.names, lock.token, lock.owner, result, lock.window, sealed, on_.bounds);
    on_.run(call, operation::finish, on_.deadline(),
            [this, message = std::move(message), sealed = std::move(sealed),
             unsent = std::move(unsent)](const command_outcome& outcome) mutable {
                if (outcome.failure != fault::none) {
                    if (!sealed.empty()) unsent(message, std::move(sealed));
                    return;
                }
                on_.sample(time_in(outcome.value), outcome);
                if (!sealed.empty()) on_.counters.count_sent(message.kind);
            });
}

void fleet_locks::extend(core::time_point now) {
    for (auto& [number, lock] : held_) {
        if (lock.extend_at > now) continue;
        lock.extend_at = now + between_extensions;
        if (on_.commands.number() != lock.connection) continue;
        on_.run(extend_call(lock.key, lock.owner), operation::extend, on_.deadline(),
                [](const command_outcome&) {});
    }
}

core::time_point fleet_locks::next_extension() const noexcept {
    auto out = core::never;
    for (const auto& [number, lock] : held_) out = std::min(out, lock.extend_at);
    return out;
}

}  // namespace gate::store
