#pragma once
// The table of what replicas do that know nothing of one another.

#include "run.hpp"
#include "table.hpp"

namespace gate::simulation {

class report {
public:
    report();

    // demand: calls per window that the good tokens cost at least.
    void add(const scenario& cell, std::size_t demand, const outcome& sidecar, const outcome& plain_cache);

    const table& rows() const noexcept { return rows_; }

private:
    static table::row row_of(const std::string& name, const std::string& demand, const outcome& what,
                             bool flooded, bool troubled);

    table rows_;
};

}  // namespace gate::simulation
