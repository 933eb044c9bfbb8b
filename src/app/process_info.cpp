#include <gate/app/process_info.hpp>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <sched.h>

namespace gate::app {
namespace {

namespace fs = std::filesystem;
using limit = std::optional<double>;

limit ratio(double quota, double period) {
    if (quota <= 0 || period <= 0) return {};  // v1 spells "no limit" -1
    return quota / period;
}

// "max 100000" or "150000 100000", microseconds.
limit read_v2(const fs::path& group) {
    double quota = 0;
    double period = 0;
    if (!(std::ifstream(group / "cpu.max") >> quota >> period)) return {};
    return ratio(quota, period);
}

limit read_v1(const fs::path& group) {
    double quota = 0;
    double period = 0;
    if (!(std::ifstream(group / "cpu.cfs_quota_us") >> quota)) return {};
    if (!(std::ifstream(group / "cpu.cfs_period_us") >> period)) return {};
    return ratio(quota, period);
}

limit smaller(limit a, limit b) {
    if (!a || !b) return a ? a : b;
    return std::min(*a, *b);
}

// The smallest limit from `group`, as /proc/self/cgroup names it, up to the mount. In a container the mount
// often is the group itself and the name leads nowhere: then the mount alone counts.
template <class Read>
limit smallest(const fs::path& mount, const std::string& group, Read read) {
    limit found = read(mount);
    auto at = mount;
    for (const auto& part : fs::path(group).relative_path()) {
        if (part == "..") return found;  // outside of what this container can see
        at /= part;
        found = smaller(found, read(at));
    }
    return found;
}

bool has_cpu(const std::string& controllers) {
    std::istringstream list(controllers);
    for (std::string one; std::getline(list, one, ',');) {
        if (one == "cpu") return true;
    }
    return false;
}

// One line of /proc/self/cgroup, cgroups(7): hierarchy:controllers:path. Version 2 names no controllers.
limit limit_of(const fs::path& mounts, const std::string& line) {
    const auto first = line.find(':');
    const auto second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) return {};
    const auto controllers = line.substr(first + 1, second - first - 1);
    const auto group = line.substr(second + 1);
    if (controllers.empty()) {
        return smaller(smallest(mounts, group, read_v2), smallest(mounts / "unified", group, read_v2));
    }
    if (!has_cpu(controllers)) return {};
    const auto joint = smallest(mounts / controllers, group, read_v1);
    return smaller(joint, smallest(mounts / "cpu", group, read_v1));
}

}  // namespace

std::optional<double> cgroup_cpu_limit(const fs::path& root) {
    limit found;
    std::ifstream groups(root / "proc/self/cgroup");
    for (std::string line; std::getline(groups, line);) {
        found = smaller(found, limit_of(root / "sys/fs/cgroup", line));
    }
    return found;
}

unsigned schedulable_cpus() {
    cpu_set_t cpus;
    CPU_ZERO(&cpus);
    if (::sched_getaffinity(0, sizeof cpus, &cpus) == 0 && CPU_COUNT(&cpus) > 0) {
        return static_cast<unsigned>(CPU_COUNT(&cpus));
    }
    return std::max(1u, std::thread::hardware_concurrency());  // more CPUs than the set holds
}

unsigned cpu_quota(const fs::path& root) {
    const auto schedulable = schedulable_cpus();
    const auto allowed = cgroup_cpu_limit(root);
    if (!allowed || *allowed >= schedulable) return schedulable;
    return static_cast<unsigned>(std::max(1.0, std::ceil(*allowed)));
}

}  // namespace gate::app
