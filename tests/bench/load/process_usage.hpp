#pragma once
// What processes have used so far, by the kernel's own accounting.
#include <vector>

namespace bench {

struct cpu_usage {
    double scheduled = 0;  // seconds on a CPU, of all their threads: exact, /proc/PID/task/*/schedstat
    double user = 0;       // seconds, in the scheduler's ticks: how the above splits, roughly
    double system = 0;
};

struct memory_usage {
    long resident = 0;      // KiB
    long proportional = 0;  // KiB; a page that several processes map counts once in all
};

// Processes that have ended count nothing.
cpu_usage cpu_of(const std::vector<int>& pids);
memory_usage memory_of(const std::vector<int>& pids);

// Seconds of CPU that this process has used.
double own_cpu();

}  // namespace bench
