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

private:
    static table::row row_of(const std::string& name, const fleet_outcome& what, bool has_store);

    table rows_;
};

// Each a sentence.
std::vector<std::string> broken_promises(const fleet_cell& cell, const fleet_outcome& seen);

}  // namespace gate::simulation
