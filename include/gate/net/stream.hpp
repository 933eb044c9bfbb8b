#pragma once
// A connected, non-blocking byte stream: try first, await only when the socket would block.
//
//     for (;;) {
//         auto got = stream.try_read(buffer);
//         if (!got.would_block()) break;
//         if (co_await stream.readable(deadline) != wait_status::ready) ...
//     }
//
// Of TCP, or of a Unix socket, and in clear text until tls_handshake.hpp has made it one of TLS. Not
// thread-safe: belongs to its worker. At most one coroutine waits for each direction.

#include <gate/core/asio.hpp>
#include <gate/core/clock.hpp>
#include <gate/net/readiness.hpp>

#include <cerrno>
#include <coroutine>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

#include <sys/uio.h>

namespace gate::net {

class tls_state;
struct tls_socket;
enum class tls_step : std::uint8_t { done, wants_read, wants_write, failed };
struct tls_state_deleter {
    void operator()(tls_state* state) const noexcept;
};
using tls_state_pointer = std::unique_ptr<tls_state, tls_state_deleter>;

// The result of one attempt to read or write.
struct io_result {
    std::size_t bytes = 0;
    int error = 0;     // errno, 0: none
    bool eof = false;  // the peer sends nothing more: never because of our own cut()

    bool would_block() const noexcept { return error == EAGAIN || error == EWOULDBLOCK; }
    bool was_cut() const noexcept { return error == ECANCELED; }  // by our own cut()
    bool ok() const noexcept { return error == 0 && !eof; }
};

// A connection of no event loop, on its way to another one. Closes it, unless it arrives.
class detached_socket {
public:
    detached_socket() = default;
    detached_socket(core::stream_protocol protocol, int descriptor) noexcept
        : protocol_(protocol), descriptor_(descriptor) {}
    detached_socket(detached_socket&& other) noexcept
        : protocol_(other.protocol_),
          descriptor_(std::exchange(other.descriptor_, -1)),
          tls_(std::move(other.tls_)) {}
    detached_socket& operator=(detached_socket&& other) noexcept {
        std::swap(protocol_, other.protocol_);
        std::swap(descriptor_, other.descriptor_);
        std::swap(tls_, other.tls_);
        return *this;
    }
    ~detached_socket();

    int descriptor() const noexcept { return descriptor_; }  // negative: it is empty

private:
    friend class stream;
    core::stream_protocol protocol_{0, 0};
    int descriptor_ = -1;
    tls_state_pointer tls_;
};

class stream {
public:
    stream(core::stream_socket socket, deadline_wheel& wheel);
    ~stream();
    stream(const stream&) = delete;
    stream& operator=(const stream&) = delete;

    // One system call each; with TLS, reading takes as many as fill `into` with what has come. Writing takes
    // as much as the socket does. With TLS, what has not been taken must be offered again before anything
    // else is written: its first byte may have been encrypted already.
    io_result try_read(std::span<char> into) noexcept;
    io_result try_write(std::string_view data) noexcept;
    io_result try_write(std::span<const iovec> pieces) noexcept;

    // True if the next bytes to be written must be those that the last try_write has not taken.
    bool must_repeat() const noexcept { return tls_ != nullptr && owes_bytes(); }

    // Takes the connection from this event loop; this stream ends. Precondition: nobody waits for it, and
    // nothing has been read that is not dealt with. Empty if the system refuses.
    detached_socket detach() noexcept;
    // On the event loop of `executor` from now on. Null if it is empty, or the system refuses.
    static std::unique_ptr<stream> attach(detached_socket from, core::executor executor,
                                          deadline_wheel& wheel);

    class waiting;
    // co_await -> wait_status. Returns immediately unless the last attempt found nothing to do; `ready` is a
    // reason to try again, not a promise that there is something.
    waiting readable(core::time_point until = core::never) noexcept;
    waiting writable(core::time_point until = core::never) noexcept;

    // The same with a callback: see readiness::wait. False, and no call: the last attempt left
    // something to do.
    bool begin_wait(direction which, readiness::callback call, void* self, core::time_point until);

    // Calls back once when something happens on the reading side while no coroutine waits for it (data, an
    // end, an error), or at `until`.
    void watch(readiness::callback call, void* self, core::time_point until = core::never);
    void stop_watching() noexcept { reading_.forget(); }

    // Wakes the coroutine that waits for reading, with `why`.
    void interrupt_reading(wait_status why) { reading_.interrupt(why); }

    // Wakes the coroutine that waits for writing, with `why`.
    void interrupt_writing(wait_status why) {
        if (writing_) writing_->interrupt(why);
    }

    // The last read took everything, yet more must come: look once more before waiting. (A reset that
    // arrived together with data shows only on the next read.)
    void expect_more() noexcept { reading_.set_ready(); }

    // True unless it is known that nothing (no byte, no end) waits to be read: the last read emptied the
    // socket, and TLS holds no part of a record.
    bool may_have_more() const noexcept { return reading_.is_ready() || (tls_ != nullptr && holds_more()); }

    // False if no event of this socket waits in the event loop: whatever has come has been dealt with, or is
    // not known yet.
    bool has_news() const noexcept { return reading_.has_news(); }

    // What is known about the peer without reading.
    struct peer_state {
        bool has_data = false;  // bytes, or the end, wait to be read
        bool ended = false;     // it has closed its side; bytes of before may wait
        bool gone = false;      // reset, or closed in both directions
    };
    peer_state peek() noexcept;

    // The peer learns that nothing more comes (TLS: by a close_notify).
    void shutdown_send() noexcept;
    // Makes the coming close visible as an abort (RST, and no close_notify) rather than as an orderly end.
    void abort_on_close() noexcept;
    // Aborts the connection while it is in use: the peer sees a reset, bytes that wait in either direction
    // are lost, both directions wake up, and whatever they try from now on fails as was_cut().
    void cut() noexcept;
    bool is_cut() const noexcept { return is_cut_; }

    core::stream_socket& socket() noexcept { return socket_; }

    // For tls_handshake.hpp.
    void set_tls(tls_state_pointer state) noexcept;
    tls_step shake_tls() noexcept;
    tls_state* tls() const noexcept { return tls_.get(); }

private:
    readiness& writing() noexcept;
    static peer_state look(int descriptor) noexcept;
    bool owes_bytes() const noexcept;
    bool holds_more() const noexcept;  // inside TLS
    tls_socket below() noexcept;
    void end_tls() noexcept;
    static void on_end_writable(void* self, wait_status);

    core::stream_socket socket_;
    deadline_wheel& wheel_;
    readiness reading_;
    std::unique_ptr<readiness> writing_;  // made when a write first blocks: most streams never need it
    tls_state_pointer tls_;               // null: clear text
    bool is_cut_ = false;
};

class stream::waiting {
public:
    waiting(readiness* which, core::time_point until) noexcept : which_(which), until_(until) {}

    bool await_ready() const noexcept { return which_->is_ready(); }
    void await_suspend(std::coroutine_handle<> awaiting) {
        awaiting_ = awaiting;
        core::expect_no_loans();
        which_->wait(&waiting::resume, this, until_);
    }
    wait_status await_resume() const noexcept { return status_; }

private:
    static void resume(void* self, wait_status status) {
        auto* awaiter = static_cast<waiting*>(self);
        awaiter->status_ = status;
        awaiter->awaiting_.resume();
    }

    readiness* which_;
    core::time_point until_;
    std::coroutine_handle<> awaiting_;
    wait_status status_ = wait_status::ready;
};

}  // namespace gate::net
