#pragma once
// Looks at something again and again, each time after as long as the look before has said.

#include <gate/core/asio.hpp>

#include <functional>
#include <utility>

namespace gate::app {

// Belongs to the thread of its executor.
class repeated_look {
public:
    // Returns in which time to look again.
    using look = std::function<core::timer::duration()>;

    repeated_look(const core::executor& executor, look what) : timer_(executor), look_(std::move(what)) {}

    // Looks now, and from then on.
    void start() {
        timer_.expires_after(look_());
        timer_.async_wait([this](const core::error_code& ec) {
            if (!ec && !is_stopped_) start();
        });
    }
    // May be destroyed then, once the executor has run what waits.
    void stop() {
        is_stopped_ = true;
        timer_.cancel();
    }

private:
    core::timer timer_;
    look look_;
    bool is_stopped_ = false;
};

}  // namespace gate::app
