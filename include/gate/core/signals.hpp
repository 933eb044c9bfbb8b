#pragma once
// Signals as events of a loop: they are blocked in every thread, and read from a descriptor. No handler
// interrupts anything, and none can be held back.

#include <gate/core/asio.hpp>

#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include <functional>
#include <initializer_list>

#include <sys/signalfd.h>

namespace gate::core {

// Blocks for the calling thread, for good, what comes from outside; a fault of its own still ends the
// program. For threads that were started before a signal_source was made: later ones inherit what it has
// blocked.
void leave_signals_to_main() noexcept;

// Reads some signals, which it blocks for the calling thread. Make it in the main thread, before others are
// started. Not thread-safe.
class signal_source {
public:
    // Throws boost::system::system_error if there is no descriptor left.
    signal_source(asio::io_context& context, std::initializer_list<int> numbers);

    // Calls `then` with the number of each signal that comes, from the event loop.
    void start(std::function<void(int number)> then);
    void cancel();

private:
    void wait();

    asio::posix::basic_stream_descriptor<executor> descriptor_;
    signalfd_siginfo received_{};
    std::function<void(int)> then_;
};

}  // namespace gate::core
