#pragma once
// Where an upstream is, for connections that may be wanted before its name has been resolved for the first
// time.

#include <gate/core/asio.hpp>
#include <gate/core/task.hpp>
#include <gate/net/connect_attempts.hpp>

#include <functional>
#include <memory>
#include <vector>

namespace gate::net {

// Not thread-safe: belongs to its worker.
class known_addresses {
public:
    using list = std::shared_ptr<const address_list>;
    // Null until the name has been resolved for the first time; empty if it had no address then.
    using source = std::function<list()>;

    known_addresses(core::executor executor, source from)
        : executor_(std::move(executor)), from_(std::move(from)) {}

    // Those of now.
    list get() const { return from_(); }

    // Waits only while there has been no answer, until `until`; null: there is none by then. This object must
    // live until the task has ended.
    core::task<list> wait(core::time_point until);

    // An answer has come: what waits looks at it.
    void look() noexcept;

private:
    core::executor executor_;
    source from_;
    std::vector<core::timer*> waiting_;
};

}  // namespace gate::net
