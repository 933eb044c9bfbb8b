#pragma once
// The commands that one connection has under way, in their order: replies come in the same one (RESP). Pure:
// what becomes of each is told to its callback, by the caller of these functions.

#include <gate/auth/fleet_message.hpp>
#include <gate/core/clock.hpp>
#include <gate/store/fault.hpp>
#include <gate/store/reply.hpp>

#include <cstddef>
#include <deque>
#include <functional>
#include <optional>

namespace gate::store {

// What became of a command.
struct command_outcome {
    fault failure = fault::none;  // `failed`: the reply is an error
    reply value{};
    // By CLOCK_BOOTTIME, since its epoch.
    auth::store_span sent{};
    auth::store_span received{};
};
using command_callback = std::function<void(command_outcome)>;

class command_queue {
public:
    // So many commands wait for their replies at most.
    explicit command_queue(std::size_t most = 10'000) noexcept : most_(most) {}

    // False: it is full, and `then` is left alone.
    bool add(core::time_point deadline, auth::store_span now, command_callback&& then);

    // The reply of the oldest command has come. Nothing: there is no command (rule 30). Else whom to tell,
    // which is empty if its time was over.
    struct answered {
        command_callback then;
        command_outcome outcome;
    };
    std::optional<answered> answer(reply value, auth::store_span now);

    // Those whose time is over. Their replies are still awaited, and thrown away.
    std::vector<command_callback> expire(core::time_point now);

    // The connection has ended.
    std::vector<command_callback> clear();

    // The earliest deadline of those that are not over; never: there is none.
    core::time_point next_deadline() const noexcept;
    // How long ago the oldest one was sent that is not answered.
    auth::store_span silence(auth::store_span now) const noexcept;
    bool empty() const noexcept { return waiting_.empty(); }

private:
    struct command {
        core::time_point deadline;
        auth::store_span sent;
        command_callback then;  // empty: its time is over
    };

    std::size_t most_;
    std::deque<command> waiting_;  // the oldest first
};

}  // namespace gate::store
