#pragma once
// Runs a cell.

#include "ledger.hpp"
#include "replica.hpp"

#include <functional>

namespace gate::simulation {

struct outcome {
    figures seen;
    gate_model::statistics gate;
    double windows = 0;  // that were measured
};

enum class subject { sidecar, plain_cache };

outcome run(const scenario& cell, const std::vector<request>& requests, subject what);

}  // namespace gate::simulation
