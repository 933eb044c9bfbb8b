#pragma once
// Waiting for one direction of one socket, without holding a buffer while waiting.
//
// Asio's asynchronous reads always try to read first, which costs a system call that fails for every request,
// and they need their buffer for as long as they wait. So the data path reads and writes synchronously and
// uses Asio for one thing: to be told when the socket is worth another try. Two implementations stand behind
// this header (readiness_kind.hpp chooses):
//   - an operation of our own in Asio's reactor (asio::detail): no system call to wait, one small object per
//     socket, and a short read is known to be the last;
//   - socket.async_wait, Asio's public interface: one epoll_ctl per wait, and a read that fails after each
//     that does not.
// Not thread-safe: belongs to the socket's worker.

#include <gate/core/asio.hpp>
#include <gate/core/clock.hpp>
#include <gate/net/deadline_wheel.hpp>
#include <gate/net/readiness_kind.hpp>

#include <cstdint>

namespace gate::net {

enum class direction : std::uint8_t { read, write };
enum class wait_status : std::uint8_t { ready, timed_out, cancelled };

class readiness {
public:
    using callback = void (*)(void* self, wait_status status);

    // Whether only new events are reported, so that one may wait again with bytes unread.
#ifdef GATE_PORTABLE_READINESS
    static constexpr bool reports_edges = false;
#else
    static constexpr bool reports_edges = true;
#endif

    // `socket` is open and outlives this object.
    readiness(core::stream_socket& socket, direction which, deadline_wheel& wheel) noexcept;
    ~readiness();
    readiness(const readiness&) = delete;
    readiness& operator=(const readiness&) = delete;

    // True until an attempt has found nothing to do: try first, wait later.
    bool is_ready() const noexcept {
        return ready_;
    }
    void set_exhausted() noexcept {
        ready_ = false;
    }
    void set_ready() noexcept {
        ready_ = true;
    }

    // True if a read that came back short has emptied the socket: whatever comes after it, be it the peer's
    // end, will be an event. False once an event has told of more than data.
    bool short_reads_tell() const noexcept {
        return short_reads_tell_;
    }

    // Calls `call(self, status)` once, from the event loop: when the socket may be ready, when `until` has
    // passed, or when interrupted. At most one waits at a time.
    void wait(callback call, void* self, core::time_point until);

    // False if the event loop has certainly not been told of anything that is still to be reported here.
    bool has_news() const noexcept;

    // Tells whether this thread's event loop has asked for events since: then has_news() knows of everything
    // that had come by then, as long as no more than 128 sockets have events at once, which is as many as
    // Asio fetches. False does not say that it has not.
    using moment = std::uint64_t;
    static moment now() noexcept;
    static bool has_looked_since(moment then) noexcept;

    // Ends the wait; nothing is called.
    void forget() noexcept;
    // Calls the waiting function with timed_out, soon and from the event loop. No effect if none waits.
    void expire() noexcept {
        if (call_ != nullptr) deadline_.set(core::clock::now());
    }
    // Calls the waiting function immediately. No effect if none waits.
    void interrupt(wait_status why);

private:
    struct operation;  // what the reactor holds on to; may outlive this object

    void ask_for_ends() noexcept;
    void arm();
    void finish(wait_status status);

    core::stream_socket& socket_;
    operation* operation_ = nullptr;  // owned, unless armed at destruction: then it frees itself
    callback call_ = nullptr;
    void* self_ = nullptr;
    deadline deadline_;
    direction direction_;
    bool ready_ = true;
    bool short_reads_tell_ = false;
};

}  // namespace gate::net
