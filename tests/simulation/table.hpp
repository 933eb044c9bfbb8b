#pragma once
// A table of text: for people, for a page in Markdown, and whether that page is still true.

#include <istream>
#include <ostream>
#include <string>
#include <vector>

namespace gate::simulation {

class table {
public:
    using row = std::vector<std::string>;

    explicit table(row head) : rows_{std::move(head)} {}

    // Precondition: as many cells as the head has.
    void add(row one) { rows_.push_back(std::move(one)); }

    void write_text(std::ostream& out) const;
    void write_markdown(std::ostream& out) const;

    // How the table in `page` whose first column has the same name differs from this one: each a sentence. A
    // number may be off by 10 % or by 3: mathematical functions differ a little between systems, and draw
    // other requests.
    std::vector<std::string> differences(std::istream& page) const;

private:
    std::vector<row> rows_;
};

std::string number(double value, int digits);
std::string percent(std::size_t part, std::size_t whole);

}  // namespace gate::simulation
