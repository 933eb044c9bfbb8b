#include "store_notes.hpp"

#include <gate/telemetry/event_log.hpp>

#include <utility>

namespace gate::store {

namespace {

std::string reason_of(fault why, std::string_view said) {
    constexpr std::size_t longest = 200;
    return std::string(to_string(why)).append(": ").append(said.substr(0, longest));
}

}  // namespace

void store_notes::appeared() {
    told_.clear();
    if (events_ != nullptr) events_->info("fleet: the store answers");
}

void store_notes::away(fault why, std::string_view said) {
    auto reason = reason_of(why, said);
    if (events_ == nullptr || reason == told_) return;
    told_ = std::move(reason);
    events_->warn("fleet: the store is away; this replica verifies for itself until it answers",
                  {{"error.type", to_string(why)}, {"error.message", said}});
}

void store_notes::unreadable(fault why, std::string_view said) {
    auto reason = reason_of(why, said);
    if (events_ == nullptr || reason == told_log_) return;
    told_log_ = std::move(reason);
    events_->warn("fleet: the log cannot be read; this replica verifies for itself until it can",
                  {{"error.type", to_string(why)}, {"error.message", said}});
}

void store_notes::caught_up() const {
    if (events_ != nullptr)
        events_->info("fleet: the log has been read; the answers of other replicas are used");
}

void store_notes::keys_move(core::time_point now) {
    constexpr core::duration pause = std::chrono::minutes(1);
    if (events_ == nullptr || now < next_move_) return;
    next_move_ = now + pause;
    events_->warn(
        "fleet: the cluster is moving the fleet's keys to another node; until it has finished, this "
        "replica verifies for itself");
}

void store_notes::readable() {
    if (std::exchange(told_log_, {}).empty()) return;
    events_->info("fleet: the log can be read");
}

void store_notes::other_history() const {
    if (events_ == nullptr) return;
    events_->warn("fleet: the store's log has another history; it is read from its beginning");
}

}  // namespace gate::store
