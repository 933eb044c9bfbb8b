#pragma once
// The fleet's table, and what is promised of each of its cells.

#include "../table.hpp"
#include "fleet_run.hpp"

namespace gate::simulation {

class fleet_report {
public:
    fleet_report();

    void add(const fleet_cell& cell, const fleet_outcome& fleet, const fleet_outcome& alone);
    const table& rows() const noexcept { return rows_; }
    // What the README shows of some cells.
    const table& for_readme() const noexcept { return for_readme_; }

private:
    void add_row(const std::string& name, const fleet_outcome& what, bool has_store);

    table rows_;
    table for_readme_;
};

// Each a sentence.
std::vector<std::string> broken_promises(const fleet_cell& cell, const fleet_outcome& seen);

}  // namespace gate::simulation
