#include "store_access.hpp"

#include <utility>
#include <vector>

namespace gate::store {

command_callback store_access::counting(operation what, command_callback then) {
    return [this, what, then = std::move(then)](command_outcome outcome) {
        counters.count(what, outcome.failure, outcome.received - outcome.sent);
        then(std::move(outcome));
    };
}

command_callback store_access::noting_healed(command_callback then) {
    return [this, then = std::move(then)](command_outcome outcome) {
        const auto found = healed_in(outcome.value);
        for (unsigned i = 0; i < found.types; ++i) listener.rejected(auth::fleet_defect::type);
        for (unsigned i = 0; i < found.sizes; ++i) listener.rejected(auth::fleet_defect::size);
        for (unsigned i = 0; i < found.counts; ++i) listener.rejected(auth::fleet_defect::malformed);
        then(std::move(outcome));
    };
}

void store_access::run(const script_call& call, operation what, core::time_point deadline,
                       command_callback then) {
    const std::vector<std::string_view> keys_of(call.keys.begin(), call.keys.end());
    const std::vector<std::string_view> arguments(call.arguments.begin(), call.arguments.end());
    commands.run(*call.script, keys_of, arguments, deadline, counting(what, noting_healed(std::move(then))));
}

void store_access::send(std::string_view command, operation what, core::time_point deadline,
                        command_callback then) {
    commands.send(command, deadline, counting(what, std::move(then)));
}

void store_access::sample(const std::optional<auth::store_time>& said, const command_outcome& outcome) {
    if (said) listener.sampled({*said, outcome.sent, outcome.received});
}

store_access::asking store_access::ask(std::string command, operation what) {
    return {*this, what, std::move(command), {}};
}

store_access::asking store_access::ask(script_call call, operation what) {
    return {*this, what, {}, std::move(call)};
}

// The coroutine may go on, and this awaiter end, before the call in here returns.
void store_access::asking::await_suspend(std::coroutine_handle<> awaiting) {
    auto then = [this, awaiting](command_outcome outcome) {
        outcome_ = std::move(outcome);
        awaiting.resume();
    };
    auto& on = on_;
    const auto command = std::move(command_);
    const auto call = std::move(call_);
    if (call.script != nullptr) {
        on.run(call, operation_, on.deadline(), std::move(then));
    } else {
        on.send(command, operation_, on.deadline(), std::move(then));
    }
}

}  // namespace gate::store
