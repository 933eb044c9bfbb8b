#pragma once
// Finds the sidecars that serve on this machine, by the names of their processes and by the signals that they
// wait for. Linux.

#include <filesystem>
#include <vector>

namespace gate::app {

struct running_sidecars {
    std::vector<int> pids;  // but for this process
    // Some processes could not be looked at: /proc is not mounted, or hides those of other users (proc(5),
    // hidepid).
    bool some_are_hidden = false;
};

// Process 1 alone if that is one: the sidecar of this container. `proc`: where /proc is found.
running_sidecars find_running_sidecars(const std::filesystem::path& proc = "/proc");

}  // namespace gate::app
