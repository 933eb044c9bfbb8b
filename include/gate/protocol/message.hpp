#pragma once
// A message under way, whatever the protocol: where its body comes from, and where it goes. Both are tried
// first and awaited where they would block, like a stream; neither side knows the other's framing.
//
// Each belongs to one worker. At most one coroutine waits for each direction. Everything here outlives the
// wait for it.

#include <gate/core/clock.hpp>
#include <gate/core/shared_scratch.hpp>
#include <gate/net/readiness.hpp>

#include <coroutine>
#include <cstdint>
#include <span>
#include <string_view>

namespace gate::protocol {

// co_await -> net::wait_status. `ready` is a reason to try again, not a promise that there is something.
template <class Side>
class side_wait {
public:
    side_wait(Side& side, core::time_point until) noexcept : side_(side), until_(until) {}

    bool await_ready() const noexcept { return false; }
    bool await_suspend(std::coroutine_handle<> awaiting) {
        core::expect_no_loans();
        awaiting_ = awaiting;
        return side_.begin_wait(&side_wait::resume, this, until_);
    }
    net::wait_status await_resume() const noexcept { return status_; }

private:
    static void resume(void* self, net::wait_status status) {
        auto* const wait = static_cast<side_wait*>(self);
        wait->status_ = status;
        wait->awaiting_.resume();
    }

    Side& side_;
    core::time_point until_;
    std::coroutine_handle<> awaiting_;
    net::wait_status status_ = net::wait_status::ready;
};

// The outcome of one attempt to read a body.
struct body_piece {
    enum class state : std::uint8_t {
        data,       // may be empty: only framing has arrived
        blocked,    // nothing has arrived
        ended,      // the sender stopped before the end of the body
        failed,     // the connection is lost
        cut,        // by ourselves; the caller of cancel() knows the reason
        malformed,  // final, like the three before it
    };

    std::span<char> data{};    // body bytes without framing; valid until the next call
    std::size_t received = 0;  // bytes that this attempt consumed, framing included
    state outcome = state::data;
    bool is_last = false;  // the body has come to its end
};

class body_source {
public:
    // The part of the body that arrived with the head. Never asks the kernel. Must be called first.
    virtual body_piece received() = 0;
    // The next piece. Precondition: none was the last, or final.
    virtual body_piece read() = 0;
    // Of a body that has ended: its trailer section, each line with its CRLF.
    virtual std::string_view trailers() const noexcept = 0;
    // Gives the memory of the last piece back. The caller does not need the piece any more.
    virtual void release() noexcept = 0;
    // Whether the last piece has gone on immediately. After one that has not, less memory is held for a
    // while.
    virtual void note_passed_on(bool immediately) noexcept = 0;

    // Calls `call(self, status)` once, from the event loop. Returns false, and does not call, when the last
    // attempt left bytes that can be read now.
    virtual bool begin_wait_to_read(net::readiness::callback call, void* self, core::time_point until) = 0;
    // Wakes the coroutine that waits, with `why`.
    virtual void interrupt_reading(net::wait_status why) = 0;

    bool begin_wait(net::readiness::callback call, void* self, core::time_point until) {
        return begin_wait_to_read(call, self, until);
    }
    side_wait<body_source> readable(core::time_point until = core::never) noexcept { return {*this, until}; }

protected:
    ~body_source() = default;
};

// Part of a body on its way out. What it refers to stays where it is until all of it is sent.
struct outgoing {
    std::string_view data{};
    bool is_last = false;         // the body ends with it
    std::string_view trailers{};  // fields that follow the last piece, each line with its CRLF; may be empty
};

// The outcome of one attempt to send.
struct sent {
    enum class state : std::uint8_t { done, blocked, failed };
    std::size_t bytes = 0;  // that were taken
    state outcome = state::done;
};

class body_sink {
public:
    // Precondition: all earlier pieces, and the head, have been sent.
    virtual sent try_send(const outgoing& piece) = 0;
    // Continues to send the piece that was blocked.
    virtual sent flush() = 0;

    // As for a source.
    virtual bool begin_wait_to_write(net::readiness::callback call, void* self, core::time_point until) = 0;
    virtual void interrupt_writing(net::wait_status why) = 0;

    bool begin_wait(net::readiness::callback call, void* self, core::time_point until) {
        return begin_wait_to_write(call, self, until);
    }
    side_wait<body_sink> writable(core::time_point until = core::never) noexcept { return {*this, until}; }

protected:
    ~body_sink() = default;
};

}  // namespace gate::protocol
