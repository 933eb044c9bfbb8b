#pragma once
// Runs a cell of the fleet's simulation.

#include "../gate_model.hpp"
#include "fleet_book.hpp"

namespace gate::simulation {

struct fleet_outcome {
    fleet_figures seen;
    gate_model::statistics gate;
    double windows = 0;  // that were measured
};

// As good_requests; but a token is in use from a moment of the first TTL on, unless all begin in the same
// one.
std::vector<request> fleet_requests(const fleet_cell& cell);

// `has_store`: else the same replicas know nothing of one another.
fleet_outcome run_fleet(const fleet_cell& cell, const std::vector<request>& requests, bool has_store);

}  // namespace gate::simulation
