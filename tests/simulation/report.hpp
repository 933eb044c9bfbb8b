#pragma once
// The table: for people, for the page, and whether the page is still true.

#include "run.hpp"

#include <ostream>
#include <string>

namespace gate::simulation {

class report {
public:
    report();

    // demand: calls per window that the good tokens cost at least.
    void add(const scenario& cell, std::size_t demand, const outcome& sidecar, const outcome& plain_cache);

    void write_text(std::ostream& out) const;
    void write_markdown(std::ostream& out) const;

    // What of the Markdown table in `page` differs from this one: each a sentence. A number may be off by 10
    // % or by 3: mathematical functions differ a little between systems, and draw other requests.
    std::vector<std::string> differences(std::istream& page) const;

private:
    using row = std::vector<std::string>;
    static row row_of(const std::string& name, const std::string& demand, const outcome& what, bool flooded,
                      bool troubled);

    std::vector<row> rows_;
};

}  // namespace gate::simulation
