#pragma once
// The network between a replica and the store: latency, silence, refused connections, a store that stands
// still. What is asked may happen in the store although nobody hears of it.

#include "fleet_cell.hpp"
#include "store_model.hpp"

#include <random>

namespace gate::simulation {

class store_line {
public:
    // `queue`, `store` and `cell` outlive this. `began`: of the run.
    store_line(event_queue& queue, store_model& store, const fleet_cell& cell, std::size_t replica,
               std::uint64_t seed, core::time_point began);

    // What `op(store)` returned; nothing where no answer came within `timeout`, or the connection broke.
    template <class Op>
    auto ask(Op op, core::duration timeout)
        -> core::task<std::optional<std::invoke_result_t<Op, store_model&>>>;

    // The entries after `position`, and the newest id; waits up to `block` for the first one.
    struct reading {
        std::vector<log_entry> entries;
        log_position newest;
        store_time time;
    };
    core::task<std::optional<reading>> read(log_position position, core::duration block,
                                            core::duration timeout);

    // Whether a connection would be refused now.
    bool is_refused() const { return trouble_of(store_fault::killed) != nullptr; }
    // Changes whenever what is on its way is lost.
    std::uint64_t epoch() const;

    std::size_t commands() const noexcept { return commands_; }
    void note_command() noexcept { ++commands_; }  // whose latency does not matter

private:
    template <class T>
    struct exchange {
        explicit exchange(event_queue& queue) : ended(queue) {}
        std::optional<T> reply;
        bell ended;
    };
    template <class T>
    using shared_exchange = std::shared_ptr<exchange<T>>;

    template <class T, class Op>
    core::task<> carry(shared_exchange<T> own, Op op);
    core::task<> carry_reading(shared_exchange<reading> own, log_position position, core::duration block);
    core::task<bool> arrive();
    bool returns(std::uint64_t epoch);
    core::time_point::duration way();
    const store_trouble* trouble_of(store_fault what) const;

    event_queue& queue_;
    store_model& store_;
    const fleet_cell& cell_;
    std::size_t replica_;
    core::time_point began_;
    std::mt19937_64 random_;
    core::time_point last_arrival_{};
    std::uint64_t lost_ = 0;  // connections of this line
    std::size_t commands_ = 0;
};

template <class T, class Op>
core::task<> store_line::carry(shared_exchange<T> own, Op op) {
    const auto epoch_then = epoch();
    const bool arrived = co_await arrive();
    if (arrived) {
        T reply = op(store_);
        co_await queue_.until(queue_.now() + way());
        if (returns(epoch_then)) own->reply = std::move(reply);
    }
    const bool broken = epoch() != epoch_then;
    if (own->reply || broken) own->ended.ring();
}

template <class Op>
auto store_line::ask(Op op, core::duration timeout)
    -> core::task<std::optional<std::invoke_result_t<Op, store_model&>>> {
    using T = std::invoke_result_t<Op, store_model&>;
    ++commands_;
    if (is_refused()) co_return std::nullopt;
    auto own = std::make_shared<exchange<T>>(queue_);
    const auto until = queue_.now() + timeout;
    core::spawn(carry<T, Op>(own, op));
    co_await own->ended.wait(until);
    co_return std::move(own->reply);
}

}  // namespace gate::simulation
