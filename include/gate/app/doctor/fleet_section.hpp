#pragma once
// FLEET: whether the store that the replicas share can be used, and whether it is the one that the others
// use.

#include <gate/app/doctor/finding.hpp>
#include <gate/config/config.hpp>
#include <gate/store/log_survey.hpp>
#include <gate/store/log_trial.hpp>

#include <chrono>
#include <optional>
#include <string>

namespace gate::app::doctor {

struct fleet_facts {
    std::string problem{};  // of the files under fleet.tls; empty: the store was asked
    store::survey read{};
    std::optional<std::chrono::milliseconds> clock_ahead{};  // of the store, against ours
    std::optional<store::trial> written{};                   // nothing: it was not tried
};

// Takes 10 s at most. Precondition: options.fleet.is_on().
fleet_facts look_at_fleet(const config::config& options);

// `is_running`: a sidecar with this configuration runs on this host, so that it is a replica. Pure.
findings judge_fleet(const fleet_facts& found, bool is_running);

}  // namespace gate::app::doctor
