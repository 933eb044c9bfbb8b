#pragma once
// What this process takes from the machine, read from the kernel when asked. Linux.

#include <cstdint>

namespace gate::telemetry {

struct process_usage {
    double cpu_seconds = 0;          // user and system, all threads
    std::uint64_t resident = 0;      // bytes
    std::uint64_t virtual_size = 0;  // bytes
    std::uint64_t open_fds = 0;
    double max_fds = 0;  // soft limit; infinity when there is none
    std::uint64_t threads = 0;
    double start_time = 0;  // seconds since 1970, UTC
};

// What cannot be read (no /proc) is left at zero. Thread-safe.
process_usage read_process_usage();

}  // namespace gate::telemetry
