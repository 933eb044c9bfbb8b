#pragma once
// Which worker closes an idle connection when there is no room for a newcomer (rule 27): the one that has the
// stranger which has been idle longest or, where no stranger is idle, the connection that has.

#include <gate/proxy/idle_connections.hpp>

#include <cstddef>
#include <functional>
#include <optional>
#include <vector>

namespace gate::app {

// Thread-safe once every worker has joined.
class full_house {
public:
    // Worker number 0, 1, 2 ... joins. `idle` outlives this object; `close_one` has the worker close a
    // connection soon, and is called on any thread.
    void join(const proxy::idle_connections& idle, std::function<void()> close_one);

    // The worker that has the connection to be closed. Nothing: no connection is idle.
    std::optional<std::size_t> next() const noexcept;

    void ask(std::size_t worker) const { members_[worker].close_one(); }

    std::size_t size() const noexcept { return members_.size(); }

private:
    struct member {
        const proxy::idle_connections* idle;
        std::function<void()> close_one;
    };

    template <class SinceWhen>
    std::optional<std::size_t> oldest(SinceWhen since) const noexcept;

    std::vector<member> members_;
};

}  // namespace gate::app
