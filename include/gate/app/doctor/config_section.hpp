#pragma once
// CONFIG: what the configuration says, before anything is asked. Pure.

#include <gate/app/doctor/finding.hpp>
#include <gate/config/load.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace gate::app::doctor {

// For how long whatever starts the program waits for its end.
struct stop_time {
    std::chrono::seconds patience{0};
    std::string of;  // "the Pod's terminationGracePeriodSeconds"
    bool is_assumed = false;
};

// `given`: --pod-grace. Nothing: nobody is known who waits.
std::optional<stop_time> stop_time_of(std::optional<unsigned> given, bool in_kubernetes);

// One finding for each problem; one that passes where there is none.
findings judge_problems(const config::loaded& loaded);

// `alone`: the same file without the environment, to tell what that overrides. `warnings`: of the start.
// Precondition: `loaded` is ok.
findings judge_configuration(const config::loaded& loaded, const config::loaded& alone,
                             const std::vector<std::string>& warnings,
                             const std::optional<stop_time>& stopped_after);

}  // namespace gate::app::doctor
