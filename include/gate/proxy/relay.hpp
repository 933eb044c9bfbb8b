#pragma once
// Copies one body from one stream to another, piece by piece: what cannot be written is not read
// (back-pressure), what has been read is written at once (streams arrive as they are sent), and memory is
// held only while bytes are in it.

#include <gate/core/clock.hpp>
#include <gate/core/task.hpp>
#include <gate/net/buffer_pool.hpp>
#include <gate/net/stream.hpp>
#include <gate/proxy/body.hpp>
#include <gate/proxy/pace.hpp>

#include <cstdint>
#include <string>

namespace gate::proxy {

enum class relay_end : std::uint8_t {
    done,
    source_ended,      // before the end of the body
    source_failed,     // reset
    source_cut,        // by ourselves: whoever did it knows the reason
    source_malformed,  // bad chunks
    source_timed_out,
    source_too_slow,  // on average
    sink_failed,
    sink_timed_out,
    sink_too_slow,
    cancelled,  // whoever waited for the source was interrupted
};

// What both pumps of an exchange need.
struct relay_setting {
    net::buffer_pool& blocks;
    core::duration source_patience;  // without a byte from the source; 0: no limit
    core::duration sink_patience;    // without a byte taken by the sink; 0: no limit
    const bool* stopped =
        nullptr;  // set by another coroutine: ends the relay where it takes a pause by itself
};

// Whether one who copies without ever having to wait should let others on its worker have their turn.
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

// Writes everything, waiting where the sink is slow. `patience` begins anew with each byte that is taken.
// `due`, if any, outlives the task: the pace that the sink must keep.
core::task<relay_end> write_all(net::stream& sink, gather data, core::duration patience, pace* due = nullptr);

// One body under way. Everything that it refers to outlives it.
class relay {
public:
    // Up to so many body bytes are appended to the prefix: copying them costs less than handing the kernel a
    // list of pieces.
    static constexpr std::size_t copied_together = 4096;

    // `prefix` goes out before the first body bytes, and together with them where they are there already; it
    // need not outlive the first wait of run().
    // `read_limit`: the most bytes read at once (so that what lies behind the body fits somewhere).
    relay(relay_setting setting, net::stream& source, body_decoder& decoder, net::stream& sink,
          body_encoder encoder, std::string& prefix, std::size_t read_limit) noexcept
        : setting_(setting),
          source_(source),
          decoder_(decoder),
          sink_(sink),
          encoder_(encoder),
          prefix_(prefix),
          read_limit_(read_limit) {}

    // `received`: body bytes that have come already; they lie in `memory`, or in memory that stays until this
    // ends.
    core::task<relay_end> run(std::span<char> received, net::buffer_pool::block memory = {});

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

    // Bytes behind the end of the body; a view into what was read last.
    std::span<char> rest() const noexcept { return rest_; }
    std::uint64_t body_bytes() const noexcept { return body_bytes_; }
    // False: the sink has not been sent anything, not even a part of the prefix.
    bool has_written() const noexcept { return has_written_; }

private:
    core::task<relay_end> run_on(core::task<relay_end> first);
    core::task<relay_end> forward(std::span<char> input);
    void add_prefix(gather& out);
    core::task<relay_end> read_more();

    relay_setting setting_;
    pace source_pace_;
    pace sink_pace_;
    net::stream& source_;
    body_decoder& decoder_;
    net::stream& sink_;
    body_encoder encoder_;
    std::string& prefix_;
    std::size_t read_limit_;
    net::buffer_pool::block block_;
    std::span<char> rest_;
    std::string kept_prefix_;  // what the sink did not take at once
    std::string trailers_;
    std::uint64_t body_bytes_ = 0;
    bool prefix_is_due_ = true;
    bool passes_trailers_ = false;
    bool lets_wait_ = false;
    bool has_written_ = false;
};

}  // namespace gate::proxy
