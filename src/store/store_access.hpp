#pragma once
// What the parts of fleet_log have in common: the way to the store, names and keys, and who is told. Of the
// store's thread.

#include "fleet_counters.hpp"

#include <gate/store/connection.hpp>
#include <gate/store/fleet_keys.hpp>
#include <gate/store/fleet_requests.hpp>

#include <coroutine>
#include <string>

namespace gate::store {

struct store_access {
    connection& commands;
    const fleet_keys& keys;
    const key_names& names;
    auth::fleet_listener& listener;
    fleet_counters& counters;
    log_bounds bounds;
    core::duration timeout;
    std::string replica;  // our name: 16 random bytes

    core::time_point deadline() const { return core::clock::now() + timeout; }

    void run(const script_call& call, operation what, core::time_point deadline, command_callback then);
    void send(std::string_view command, operation what, core::time_point deadline, command_callback then);
    // The listener hears of the time in an answer.
    void sample(const std::optional<auth::store_time>& said, const command_outcome& outcome);

    // co_await -> command_outcome.
    class asking;
    asking ask(std::string command, operation what);
    asking ask(script_call call, operation what);

private:
    command_callback counting(operation what, command_callback then);
    // Of a script: what it has healed counts as rejected.
    command_callback noting_healed(command_callback then);
};

class store_access::asking {
public:
    asking(store_access& on, operation what, std::string command, script_call call)
        : on_(on), operation_(what), command_(std::move(command)), call_(std::move(call)) {}

    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> awaiting);
    command_outcome await_resume() noexcept { return std::move(outcome_); }

private:
    store_access& on_;
    operation operation_;
    std::string command_;  // empty: `call_`
    script_call call_;
    command_outcome outcome_;
};

}  // namespace gate::store
