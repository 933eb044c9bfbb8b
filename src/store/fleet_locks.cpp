#include "fleet_locks.hpp"

#include <gate/store/message_codec.hpp>

#include <algorithm>
#include <utility>

namespace gate::store {

void fleet_locks::begin(const auth::fleet_question& question, core::time_point deadline, turn_callback then) {
    const auto since = on_.listener.to_store(core::clock::now());
    if (!since) return then({});
    held lock{.token = question.token, .key = on_.names.lock(question.token), .window = question.window};
    lock.owner = on_.keys.seal(lock_text(on_.replica, *since), lock.key);
    lock.connection = on_.commands.number();
    const auto call = begin_call(on_.names, question, lock.owner);
    on_.run(call, operation::begin, deadline,
            [this, lock = std::move(lock), then = std::move(then)](const command_outcome& outcome) mutable {
                then(take_turn(outcome, std::move(lock)));
            });
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
