// The parts of modelled_log that run by themselves: connecting, beating, reading.

#include "modelled_log.hpp"

#include <algorithm>

namespace gate::simulation {
namespace {

using namespace std::chrono_literals;

constexpr core::duration block{250};
constexpr core::duration silence{750};
constexpr core::duration beat_interval{1'000};
constexpr core::duration comparison_interval{1'000};
constexpr core::duration probe_interval{1'000};
constexpr std::chrono::seconds read_again{10};  // of the log, after a connect

log_position earlier(log_position at) {
    const auto back = static_cast<std::uint64_t>(std::chrono::milliseconds(read_again).count());
    return {at.milliseconds > back ? at.milliseconds - back : 0, 0};
}

}  // namespace

core::task<> modelled_log::keep_connected() {
    while (!is_over()) {
        if (is_usable()) {
            co_await queue_.until(queue_.now() + 50ms);
            continue;
        }
        const auto sent = queue_.now();
        const auto replica = replica_;
        struct found {
            log_position newest;
            store_time time;
            bool writes = false;
        };
        // A write, so that a read-only store is not taken for one that is there.
        const auto op = [replica](store_model& store) {
            return found{store.newest(), store.now(), store.touch(replica)};
        };
        const auto reply = co_await line_.ask(op, modelled_log::timeout);
        if (reply && reply->writes && !is_over()) {
            note_answer(reply->time, sent);
            catches_up_at_ = reply->newest;
            connect();
            continue;
        }
        co_await queue_.until(queue_.now() + probe_interval);
    }
}

void modelled_log::connect() {
    is_connected_ = true;
    failures_ = 0;
    ++connection_;
    epoch_ = line_.epoch();
    position_ = earlier(position_);
    is_catching_up_ = true;
    listener_.connected();
    core::spawn(send_again(true));
}

core::task<> modelled_log::keep_beating() {
    while (!is_over()) {
        co_await queue_.until(queue_.now() + beat_interval);
        if (!is_usable()) continue;
        struct found {
            bool was_there = false;
            unsigned replicas = 1;
        };
        const auto replica = replica_;
        const auto op = [replica](store_model& store) {
            const bool was_there = store.beat(replica);
            return found{was_there, static_cast<unsigned>(store.replicas())};
        };
        const auto reply = co_await line_.ask(op, modelled_log::timeout);
        if (!reply) {
            note_failure();
            continue;
        }
        replicas_ = std::max(1U, reply->replicas);
        core::spawn(send_again(!reply->was_there));
    }
}

// What was not acknowledged, or `all` that is young.
core::task<> modelled_log::send_again(bool all) {
    std::erase_if(notices_, [&](const auto& each) {
        return each->notice.until != core::time_point{} && queue_.now() >= each->notice.until;
    });
    const auto young = notices_;
    for (const auto& each : young) {
        if (!all && each->is_acknowledged) continue;
        const bool sent = co_await send(each);
        if (!sent) co_return;
    }
}

core::task<> modelled_log::read_log() {
    while (!is_over()) {
        if (!is_usable()) {
            co_await queue_.until(queue_.now() + 10ms);
            continue;
        }
        const auto connection = connection_;
        const bool answered = co_await read_once();
        if (!answered && connection == connection_) lose_connection();
    }
}

core::task<bool> modelled_log::read_once() {
    const auto connection = connection_;
    const auto reply = co_await line_.read(position_, block, silence);
    if (connection != connection_ || is_over()) co_return true;
    if (!reply) co_return false;
    hear(reply->entries);
    const bool compares =
        reply->entries.empty() || queue_.now() - compared_at_ >= comparison_interval || is_catching_up_;
    if (compares) {
        compared_at_ = queue_.now();
        line_.note_command();
        if (reply->newest < position_) {  // another history
            position_ = {};
            listener_.reached(position_);
            core::spawn(send_again(true));
        }
    }
    if (is_catching_up_ && (reply->entries.empty() || position_ >= catches_up_at_)) {
        is_catching_up_ = false;
        listener_.caught_up();
    }
    co_return true;
}

void modelled_log::hear(const std::vector<log_entry>& entries) {
    for (const auto& each : entries) {
        if (each.message) {
            listener_.heard(*each.message);
        } else {
            listener_.rejected(auth::fleet_defect::unsealed);
        }
        position_ = each.id;
    }
    if (!entries.empty()) listener_.reached(position_);
}

}  // namespace gate::simulation
