#include <gate/telemetry/process_usage.hpp>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <string>

#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

namespace gate::telemetry {
namespace {

double seconds_of(clockid_t which) {
    timespec time{};
    if (::clock_gettime(which, &time) != 0) return 0;
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

void read_memory(process_usage& usage) {
    std::uint64_t size = 0;
    std::uint64_t resident = 0;
    if (!(std::ifstream("/proc/self/statm") >> size >> resident)) return;
    const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    usage.virtual_size = size * page;
    usage.resident = resident * page;
}

std::uint64_t count_entries(const char* directory) {
    std::error_code ec;
    const std::filesystem::directory_iterator entries(directory, ec);
    if (ec) return 0;
    return static_cast<std::uint64_t>(std::distance(begin(entries), end(entries)));
}

std::uint64_t count_open_fds() {
    const auto count = count_entries("/proc/self/fd");
    return count > 0 ? count - 1 : 0;  // without the one that lists them
}

double read_max_fds() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
    if (limit.rlim_cur == RLIM_INFINITY) return std::numeric_limits<double>::infinity();
    return static_cast<double>(limit.rlim_cur);
}

// Field 22 of /proc/self/stat counts clock ticks from boot to start. The fields are counted after the
// last parenthesis: the program's name, in parentheses, may hold spaces.
double read_start_time() {
    std::ifstream file("/proc/self/stat");
    std::string stat(std::istreambuf_iterator<char>(file), {});
    auto at = stat.rfind(')');
    for (int field = 3; field <= 22 && at != std::string::npos; ++field) at = stat.find(' ', at + 1);
    if (at == std::string::npos) return 0;
    const auto ticks = static_cast<double>(std::strtoull(stat.c_str() + at, nullptr, 10));
    const auto booted = seconds_of(CLOCK_REALTIME) - seconds_of(CLOCK_BOOTTIME);
    return booted + ticks / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

}  // namespace

process_usage read_process_usage() {
    static const double start_time = read_start_time();  // once: the wall clock may be set while we run
    process_usage usage;
    usage.cpu_seconds = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
    usage.open_fds = count_open_fds();
    usage.max_fds = read_max_fds();
    usage.threads = count_entries("/proc/self/task");
    usage.start_time = start_time;
    read_memory(usage);
    return usage;
}

}  // namespace gate::telemetry
