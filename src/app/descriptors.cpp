#include <gate/app/connection_limit.hpp>
#include <gate/app/descriptors.hpp>
#include <gate/app/worker_sessions.hpp>

#include <algorithm>
#include <charconv>
#include <string_view>

#include <dirent.h>
#include <sys/resource.h>
#include <sys/socket.h>

namespace gate::app {
namespace {

// Standard streams, the listeners, the control thread's event loop, signals, watched files, name resolution.
constexpr std::size_t of_the_process = 24;
constexpr std::size_t of_a_worker = 7;  // its event loop and its listeners

rlim_t current_limit() {
    rlimit limit{};
    return ::getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : RLIM_INFINITY;
}

// The hard limit too, where this process may.
void raise_limit(rlim_t wanted) {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    if (limit.rlim_max < wanted) {
        const rlimit higher{wanted, wanted};
        if (::setrlimit(RLIMIT_NOFILE, &higher) == 0) return;
    }
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

std::size_t descriptors_for(std::size_t connections, const descriptor_users& others) {
    const auto passing = std::min(connections, connection_limit::max_excess) +
                         (refusals::max_under_way + worker_sessions::max_leaving) * others.workers;
    const auto to_upstreams = others.upstreams * std::min(connections, others.upstream_connections);
    return connections + to_upstreams + passing + of_the_process +
           (of_a_worker + others.further_listeners) * others.workers + reserved_descriptors;
}

std::size_t connections_within(std::size_t descriptors, const descriptor_users& others) {
    std::size_t enough = 1;
    std::size_t too_many = std::max<std::size_t>(descriptors, 2);
    while (too_many - enough > 1) {
        const auto middle = enough + (too_many - enough) / 2;
        (descriptors_for(middle, others) <= descriptors ? enough : too_many) = middle;
    }
    return enough;
}

void reset_connections_at_exit() noexcept {
    DIR* const open_files = ::opendir("/proc/self/fd");
    if (open_files == nullptr) return;
    const linger none{1, 0};
    while (const dirent* entry = ::readdir(open_files)) {
        const std::string_view name(entry->d_name);
        int descriptor = -1;
        std::from_chars(name.data(), name.data() + name.size(), descriptor);
        ::setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &none, sizeof none);  // what is no socket refuses
    }
    ::closedir(open_files);
}

std::optional<std::string> fit_to_descriptors(config::config& options, unsigned workers) {
    auto& limits = options.limits;
    const descriptor_users others{.upstreams = options.upstreams.size() + 1,
                                  .upstream_connections = limits.upstream_connections,
                                  .workers = workers,
                                  .further_listeners = options.all_listeners().size() - 1};
    const auto needed = descriptors_for(limits.connections, others);
    if (current_limit() < needed) raise_limit(needed);
    const auto limit = current_limit();
    if (limit >= needed) return std::nullopt;
    const auto wanted = limits.connections;
    limits.connections = connections_within(limit, others);
    return "limits.connections is " + std::to_string(limits.connections) + " instead of " +
           std::to_string(wanted) + ": this process may open " + std::to_string(limit) + " files, and " +
           std::to_string(needed) + " are needed (RLIMIT_NOFILE, `ulimit -n`)";
}

}  // namespace gate::app
