#pragma once
// LIMITS: whether the system lets the program have what the configuration may need.

#include <gate/app/doctor/finding.hpp>
#include <gate/config/config.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace gate::app::doctor {

struct limit_facts {
    std::optional<std::uint64_t> descriptors{};  // that the process may have; nothing: as many as it likes
    bool is_of_running = false;             // of the one that runs; else of one that is started like this
    std::optional<std::uint64_t> memory{};  // bytes, of its control group; nothing: no limit
};

// Raises the limit of descriptors of this process as the program does. `workers`: how many threads serve;
// `root`: where /proc and /sys are found.
limit_facts look_at_limits(const config::config& options, unsigned workers,
                           const std::filesystem::path& root = "/");

// Bytes: an upper bound of what the configuration may need, by what one connection and one entry of a cache
// take at most. Pure.
struct memory_need {
    std::uint64_t idle = 0;  // caches full, every connection open and between two requests
    std::uint64_t busy = 0;  // the same, and every connection amid a request with a body in both directions
};
memory_need memory_needed(const config::config& options);

// `workers`: how many threads serve. Pure.
findings judge_limits(const config::config& options, unsigned workers, const limit_facts& found);

}  // namespace gate::app::doctor
