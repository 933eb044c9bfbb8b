#pragma once
// Where all log lines of the process end up: a thread of spdlog's that writes them to a descriptor, behind a
// queue of fixed length. No thread waits for it: lines for which the queue has no room are dropped and
// counted.
//
// Two ways in: single lines, which are copied, and chunks of lines, which change hands. The number of either
// under way is bounded by fewer than the queue holds, so posting to the queue cannot block. Thread-safe.

#include <gate/telemetry/log_chunk.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string_view>

namespace gate::telemetry {

class metrics_snapshot;

class log_output {
public:
    static constexpr std::size_t max_lines = 192;  // single lines in the queue
    static constexpr std::size_t max_chunks = 64;  // 4 MiB, while the descriptor is blocked; none otherwise

    // `fd` stays the caller's. `patience`: how long the destructor lets the descriptor take nothing before it
    // drops what is left.
    explicit log_output(int fd = 1, std::chrono::milliseconds patience = std::chrono::seconds(2));

    // Writes out what has been handed over.
    ~log_output();
    log_output(const log_output&) = delete;
    log_output& operator=(const log_output&) = delete;

    // Queues a copy of `line`, which ends with a line feed. False: dropped, and counted.
    bool write(std::string_view line);

    // Queues `full` and returns an empty chunk to go on with: the same one, its lines dropped and counted,
    // when too many are under way. Nothing at all is queued when it holds no line.
    std::unique_ptr<log_chunk> exchange(std::unique_ptr<log_chunk> full);

    // Waits until all that has been handed over is written, or dropped, but no longer than the patience. For
    // the end of the program alone.
    void flush() const;

    // Lines lost since the start: no room in the queue, or the descriptor failed.
    std::uint64_t dropped() const noexcept;

    // log_lines_dropped_total
    void collect(metrics_snapshot& into) const;

private:
    class sink;
    class backend;
    std::unique_ptr<backend> backend_;
};

}  // namespace gate::telemetry
