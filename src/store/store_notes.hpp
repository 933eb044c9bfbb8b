#pragma once
// Tells the operator's log how the store is: once for each change, and for each reason why it is away.

#include <gate/core/clock.hpp>
#include <gate/store/fault.hpp>

#include <string>
#include <string_view>

namespace gate::telemetry {
class event_log;
}

namespace gate::store {

class store_notes {
public:
    // `events` may be null.
    explicit store_notes(const telemetry::event_log* events) : events_(events) {}

    void appeared();
    // `said`: the store's own words, if it had any.
    void away(fault why, std::string_view said);
    void other_history() const;
    // The log cannot be read, though the store answers.
    void unreadable(fault why, std::string_view said);
    void readable();
    // To its end as of connecting.
    void caught_up() const;
    // Our keys are on their way to another node. Told once a minute.
    void keys_move(core::time_point now);

private:
    const telemetry::event_log* events_;
    std::string told_{};                                    // why it is away
    std::string told_log_{};                                // why its log cannot be read
    core::time_point next_move_ = core::time_point::min();  // is told of then, at the earliest
};

}  // namespace gate::store
