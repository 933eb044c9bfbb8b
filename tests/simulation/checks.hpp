#pragma once
// What the sidecar promises, held against what was seen in a cell.

#include "run.hpp"

#include <optional>

namespace gate::simulation {

struct seen_cell {
    const scenario& cell;
    std::size_t demand;  // of the good tokens: calls per window, at least
    outcome sidecar;
    std::optional<outcome> without_flood;  // the same cell
};

// Each a sentence; none if all is as promised.
std::vector<std::string> broken_promises(const seen_cell& seen);

}  // namespace gate::simulation
