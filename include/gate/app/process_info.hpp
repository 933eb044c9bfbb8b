#pragma once
// How much of the machine this process may use. Linux.

#include <filesystem>
#include <optional>

namespace gate::app {

// CPUs per second of time that the cgroup of this process, or one above it, allows: cgroup v2 (cpu.max) or v1
// (cpu.cfs_quota_us / cpu.cfs_period_us). Nothing without a limit. `root`: where /proc and /sys are found.
std::optional<double> cgroup_cpu_limit(const std::filesystem::path& root = "/");

// CPUs that this process may be scheduled on; at least 1.
unsigned schedulable_cpus();

// How many threads can run at the same time: the limit of the cgroup rounded up, but no more than the
// schedulable CPUs; at least 1. What `workers: auto` means.
unsigned cpu_quota(const std::filesystem::path& root = "/");

}  // namespace gate::app
