#pragma once
// Copies one body from its source to its sink, piece by piece: what cannot be written is not read
// (back-pressure), and what has been read is written immediately (streams arrive as they are sent). It knows
// no framing, and holds no memory.

#include <gate/core/asio.hpp>
#include <gate/core/clock.hpp>
#include <gate/core/task.hpp>
#include <gate/protocol/message.hpp>
#include <gate/proxy/pace.hpp>

#include <cstdint>
#include <string>

namespace gate::proxy {

enum class relay_end : std::uint8_t {
    done,
    source_ended,      // before the end of the body
    source_failed,     // reset
    source_cut,        // by this proxy; the caller that did it knows the reason
    source_malformed,  // bad chunks
    source_timed_out,
    source_too_slow,  // on average
    sink_failed,
    sink_timed_out,
    sink_too_slow,
    cancelled,  // the wait for the source was interrupted
};

// What both pumps of an exchange need.
struct relay_setting {
    core::executor executor;
    core::duration source_patience;  // without a byte from the source; 0: no limit
    core::duration sink_patience;    // without a byte taken by the sink; 0: no limit
    const bool* stopped =
        nullptr;  // set by another coroutine: ends the relay where it takes a pause by itself
};

// Tells a coroutine that copies without ever having to wait when to let others on its worker run.
class turn_taker {
public:
    bool is_over(std::size_t moved) noexcept {
        bytes_ += moved;
        if (++rounds_ < most_rounds && bytes_ < most_bytes) return false;
        rounds_ = bytes_ = 0;
        return true;
    }

private:
    static constexpr std::size_t most_bytes = 1024 * 1024;
    static constexpr std::size_t most_rounds = 64;  // of tiny pieces

    std::size_t bytes_ = 0;
    std::size_t rounds_ = 0;
};

// Waits until what `put` has left is sent. `patience` begins anew with each byte that is taken. `due`, if
// any, outlives the task: the pace that the sink must keep, which has been told of `put`.
core::task<relay_end> send_rest(protocol::body_sink& sink, const protocol::sent& put, core::duration patience,
                                pace* due = nullptr);

// One body under way. Everything that it refers to outlives it.
class relay {
public:
    relay(const relay_setting& setting, protocol::body_source& source, protocol::body_sink& sink) noexcept
        : setting_(setting), source_(source), sink_(sink) {}

    // What is to be sent of a piece.
    protocol::outgoing outgoing_of(const protocol::body_piece& piece);

    // Copies what follows `first`, which has been received with the head, and of which `put` has been sent,
    // with the other head.
    core::task<relay_end> run(const protocol::body_piece& first, const protocol::sent& put);

    // A source that has been asked to wait may do so: its patience begins with its first byte, or when
    // expect_source() is called.
    void let_source_wait() noexcept { lets_wait_ = true; }
    void expect_source() noexcept { lets_wait_ = false; }
    bool lets_source_wait() const noexcept { return lets_wait_; }

    // The pace that a client at that end must keep. Time in which the source is asked to wait does not count.
    void hold_source_to(const pace& due) noexcept { source_pace_ = due; }
    void hold_sink_to(const pace& due) noexcept { sink_pace_ = due; }

    // Only permitted trailer fields go on, and only if this is set.
    void pass_trailers() noexcept { passes_trailers_ = true; }

    std::uint64_t body_bytes() const noexcept { return body_bytes_; }

private:
    core::task<relay_end> run_on(bool is_last, protocol::sent put);
    core::task<relay_end> copy();

    relay_setting setting_;
    protocol::body_source& source_;
    protocol::body_sink& sink_;
    pace source_pace_;
    pace sink_pace_;
    std::string trailers_;
    std::uint64_t body_bytes_ = 0;
    bool passes_trailers_ = false;
    bool lets_wait_ = false;
};

}  // namespace gate::proxy
