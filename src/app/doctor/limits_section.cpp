#include <gate/app/descriptors.hpp>
#include <gate/app/doctor/counted.hpp>
#include <gate/app/doctor/limits_section.hpp>
#include <gate/app/running_sidecars.hpp>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <string_view>

#include <sys/resource.h>

namespace gate::app::doctor {
namespace {

constexpr std::uint64_t mebibyte = 1024 * 1024;
constexpr std::uint64_t of_the_program = 16 * mebibyte;  // without connections and cached tokens
constexpr std::uint64_t of_an_idle_connection = 1024;
constexpr std::uint64_t of_a_cached_token = 160;     // fact_shard.hpp, with the usual account id
constexpr std::uint64_t of_a_client = 128;           // that is counted: accounts, failing addresses
constexpr std::uint64_t of_a_direction = 64 * 1024;  // a block of worker_memory
constexpr std::uint64_t of_tls = 40 * 1024;

std::string mebibytes(std::uint64_t bytes) {
    return std::to_string((bytes + mebibyte - 1) / mebibyte) + " MiB";
}

std::optional<std::uint64_t> number_in(std::string_view text) {
    std::uint64_t out = 0;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), out);
    return ec == std::errc() ? std::optional(out) : std::nullopt;
}

// "Max open files            1024                 1048576              files": the first of them. Nothing: it
// cannot be read, or has no limit.
std::optional<std::uint64_t> descriptors_of(const std::filesystem::path& limits, bool& is_known) {
    std::ifstream file(limits);
    for (std::string line; std::getline(file, line);) {
        constexpr std::string_view name = "Max open files";
        if (!line.starts_with(name)) continue;
        is_known = true;
        const auto begin = line.find_first_not_of(' ', name.size());
        return begin == std::string::npos ? std::nullopt : number_in(std::string_view(line).substr(begin));
    }
    return std::nullopt;
}

std::optional<std::uint64_t> first_number(const std::filesystem::path& file) {
    std::ifstream in(file);
    std::string text;
    std::getline(in, text);
    return number_in(text);
}

std::optional<std::uint64_t> smaller_of(std::optional<std::uint64_t> a, std::optional<std::uint64_t> b) {
    if (!a || !b) return a ? a : b;
    return std::min(*a, *b);
}

// What a line of /proc/<pid>/cgroup says ("0::/system.slice/a.service" of version 2, "4:memory:/a" of 1),
// relative to the mount. Nothing: it is about another controller. `controller`: "" in version 2.
std::optional<std::filesystem::path> group_in(std::string_view line, std::string_view controller) {
    line.remove_prefix(std::min(line.find(':'), line.size() - 1) + 1);
    if (!line.starts_with(std::string(controller) + ":")) return std::nullopt;
    return std::filesystem::path(line.substr(controller.size() + 1)).relative_path();
}

// The smallest of the numbers in `file` of a control group and of those above it: that is its limit.
std::optional<std::uint64_t> limit_of_group(const std::filesystem::path& mount, std::filesystem::path group,
                                            const char* file) {
    for (std::optional<std::uint64_t> out;; group = group.parent_path()) {
        out = smaller_of(out, first_number(mount / group / file));
        if (group.empty()) return out;
    }
}

// In a container the group is often that of the mount itself, or is not seen in it.
std::optional<std::uint64_t> memory_limit(const std::filesystem::path& groups_of_process,
                                          const std::filesystem::path& mount) {
    const auto first_version = mount / "memory";
    auto out = smaller_of(limit_of_group(mount, {}, "memory.max"),
                          limit_of_group(first_version, {}, "memory.limit_in_bytes"));
    std::ifstream all(groups_of_process);
    for (std::string line; std::getline(all, line);) {
        if (line.empty()) continue;
        if (const auto group = group_in(line, ""))
            out = smaller_of(out, limit_of_group(mount, *group, "memory.max"));
        if (const auto group = group_in(line, "memory"))
            out = smaller_of(out, limit_of_group(first_version, *group, "memory.limit_in_bytes"));
    }
    return out;
}

// Of this process, once it has raised its limit as the program does at its start.
std::optional<std::uint64_t> own_descriptors(config::config options, unsigned workers) {
    fit_to_descriptors(options, workers);
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return std::nullopt;
    return limit.rlim_cur;
}

finding judge_descriptors(const config::config& options, unsigned workers, const limit_facts& found) {
    const auto& limits = options.limits;
    const descriptor_users others{.upstreams = options.upstreams.size() + 1,
                                  .upstream_connections = limits.upstream_connections,
                                  .workers = workers,
                                  .further_listeners = options.all_listeners().size() - 1};
    const auto needed = descriptors_for(limits.connections, others);
    const std::string whose = found.is_of_running ? "the running process" : "a process started here";
    const auto text =
        std::to_string(needed) + " descriptors are needed for " + counted(limits.connections, "connection");
    if (!found.descriptors) return passed("limits.descriptors", text + ", and there is no limit");
    const auto may_have = whose + " may have " + std::to_string(*found.descriptors);
    if (*found.descriptors >= needed) return passed("limits.descriptors", text + ", and " + may_have);
    return warning("limits.descriptors",
                   text + ", and " + may_have + ": no more than " +
                       counted(connections_within(*found.descriptors, others), "connection") +
                       " can be open at the same time",
                   "raise the limit (LimitNOFILE= of systemd, the container runtime's ulimit), or lower "
                   "limits.connections");
}

finding judge_memory(const config::config& options, const limit_facts& found) {
    const auto need = memory_needed(options);
    const auto text = "up to " + mebibytes(need.idle) + " are needed with full caches and " +
                      counted(options.limits.connections, "idle connection") + ", and " +
                      mebibytes(need.busy) + " if all of them carry bodies at the same time";
    if (!found.memory) return passed("limits.memory", text + "; there is no limit");
    const auto limit = "the limit is " + mebibytes(*found.memory);
    if (*found.memory >= need.idle) return passed("limits.memory", text + "; " + limit);
    return warning("limits.memory", text + "; " + limit,
                   "raise the memory limit, or lower limits.connections and cache.max_entries");
}

}  // namespace

limit_facts look_at_limits(const config::config& options, unsigned workers,
                           const std::filesystem::path& root) {
    limit_facts out;
    // The sidecar of this container. Elsewhere several may run: it is not known which of them is meant.
    const auto running = find_running_sidecars(root / "proc").pids;
    if (running == std::vector{1})
        out.descriptors = descriptors_of(root / "proc" / "1" / "limits", out.is_of_running);
    if (!out.is_of_running) out.descriptors = own_descriptors(options, workers);
    const auto whose = running.size() == 1 ? std::to_string(running.front()) : "self";
    out.memory = memory_limit(root / "proc" / whose / "cgroup", root / "sys" / "fs" / "cgroup");
    if (out.memory && *out.memory >= std::uint64_t{1} << 50) out.memory.reset();
    return out;
}

memory_need memory_needed(const config::config& options) {
    const auto& limits = options.limits;
    const auto all = options.all_listeners();
    const bool has_tls = std::ranges::any_of(all, [](const auto& each) { return each.options.tls.is_on(); });
    memory_need out;
    out.idle = of_the_program + limits.connections * (of_an_idle_connection + (has_tls ? of_tls : 0)) +
               options.cache.max_entries * of_a_cached_token +
               options.cache.max_negative_entries * of_a_cached_token + limits.failing_clients * of_a_client;
    const auto heads = 2 * std::uint64_t{limits.head_size};
    out.busy = out.idle + limits.connections * (heads + 2 * of_a_direction);
    return out;
}

findings judge_limits(const config::config& options, unsigned workers, const limit_facts& found) {
    return {judge_descriptors(options, workers, found), judge_memory(options, found)};
}

}  // namespace gate::app::doctor
