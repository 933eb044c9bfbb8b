#include "store_notes.hpp"

#include <gate/telemetry/event_log.hpp>

#include <utility>

namespace gate::store {

void store_notes::appeared() {
    told_.clear();
    if (events_ != nullptr) events_->info("fleet: the store answers");
}

void store_notes::away(fault why, std::string_view said) {
    auto reason = std::string(to_string(why)).append(": ").append(said.substr(0, 200));
    if (events_ == nullptr || reason == told_) return;
    told_ = std::move(reason);
    events_->warn("fleet: the store is away; this replica verifies for itself until it answers",
                  {{"error.type", to_string(why)}, {"error.message", said}});
}

void store_notes::other_history() const {
    if (events_ == nullptr) return;
    events_->warn("fleet: the store's log has another history; it is read from its beginning");
}

}  // namespace gate::store
