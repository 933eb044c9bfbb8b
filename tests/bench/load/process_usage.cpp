#include "process_usage.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include <sys/resource.h>
#include <unistd.h>

namespace bench {
namespace {

std::string proc(int pid, const char* file) {
    return "/proc/" + std::to_string(pid) + "/" + file;
}

double scheduled_seconds(int pid) {
    double nanoseconds = 0;
    std::error_code none;
    for (const auto& thread : std::filesystem::directory_iterator(proc(pid, "task"), none)) {
        double on_cpu = 0;
        std::ifstream(thread.path() / "schedstat") >> on_cpu;
        nanoseconds += on_cpu;
    }
    return nanoseconds / 1e9;
}

// Adds the fields 14 and 15 of proc(5)'s stat. The second one, the name, may hold anything, but ends with the
// last ')'.
void add_ticks(int pid, cpu_usage& sum) {
    std::string line;
    std::getline(std::ifstream(proc(pid, "stat")), line);
    const auto name_end = line.rfind(')');
    if (name_end == std::string::npos) return;
    std::istringstream rest(line.substr(name_end + 1));
    std::string skipped;
    for (int i = 3; i < 14; ++i) rest >> skipped;
    double user = 0, system = 0;
    rest >> user >> system;
    const auto per_second = static_cast<double>(sysconf(_SC_CLK_TCK));
    sum.user += user / per_second;
    sum.system += system / per_second;
}

double seconds(const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

}  // namespace

cpu_usage cpu_of(const std::vector<int>& pids) {
    cpu_usage sum;
    for (const int pid : pids) {
        sum.scheduled += scheduled_seconds(pid);
        add_ticks(pid, sum);
    }
    return sum;
}

memory_usage memory_of(const std::vector<int>& pids) {
    memory_usage sum;
    for (const int pid : pids) {
        std::ifstream file(proc(pid, "smaps_rollup"));
        for (std::string line; std::getline(file, line);) {
            if (line.starts_with("Rss:")) sum.resident += std::stol(line.substr(4));
            if (line.starts_with("Pss:")) sum.proportional += std::stol(line.substr(4));
        }
    }
    return sum;
}

double own_cpu() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace bench
