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

    // How the table in `page` that has the same head differs from this one: each a sentence. Names, units
    // and "0", which is none, are the same. Other numbers may be off by 10 %, and 1 in the last digit that is
    // shown: mathematical functions differ a little between systems, and draw other requests.
    std::vector<std::string> differences(std::istream& page) const;
    // Where `page` shows some of the rows: each is found by its name. One whose name begins with "- " comes
    // after the one above it here, too.
    std::vector<std::string> differences_of_excerpt(std::istream& page) const;

private:
    std::vector<row> rows_;
};

std::string number(double value, int digits);
std::string percent(std::size_t part, std::size_t whole);

}  // namespace gate::simulation
