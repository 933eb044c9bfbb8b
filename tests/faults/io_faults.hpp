#pragma once
// What the test and the preloaded library share: one mapped file. faults.py has the same layout.

#include <atomic>
#include <cstdint>

namespace io_faults {

enum class peer : std::uint32_t { nobody = 0, downstream = 1, upstream = 2, gate = 4, unconnected = 8 };

enum class call : std::uint32_t {
    read = 1,
    write = 2,
    connect = 4,
    outcome = 8,  // of a connect that was under way (SO_ERROR)
    socket = 16,
    option = 32,
    accept = 64,
    shutdown = 128,
    poll = 256,
    epoll = 512,
    peek = 1024,
};

// All of it is written by the test, except the counters at the end.
struct control {
    std::uint32_t size;             // sizeof(control), so that both sides mean the same
    std::uint32_t downstream_port;  // of the listener
    std::uint32_t upstream_port;
    std::uint32_t gate_port;
    char downstream_path[108];  // of a Unix socket in the place of the port; empty: none
    char upstream_path[108];
    // The fail_at-th of these calls fails with `error`; 0: it finds the end of the stream.
    std::atomic<std::uint32_t> armed;
    std::uint32_t peers;
    std::uint32_t calls;
    std::uint32_t fail_at;  // 0: none, they are only counted
    std::int32_t error;
    // A connection that was reset reports that once, and then an end to readers and EPIPE to writers, as
    // Linux does; 0: the same error for ever.
    std::uint32_t fails_once;
    // Reads and writes of at most so many bytes; 0: any number.
    std::uint32_t short_peers;
    std::uint32_t read_at_most;
    std::uint32_t write_at_most;
    std::uint32_t varies;        // from 1 to that many
    std::uint32_t slow_connect;  // a connect never ends at once
    std::atomic<std::uint32_t> seen;
    std::atomic<std::uint32_t> fired;
    std::atomic<std::uint32_t> shortened;
};

}  // namespace io_faults
