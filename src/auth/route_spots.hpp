#pragma once
// The places in which two route tables can differ, each with requests that show it. Pure.

#include <gate/auth/route_table.hpp>
#include <gate/http/path_pattern.hpp>

#include <set>
#include <string>
#include <utility>
#include <vector>

namespace gate::auth {

// A host pattern, empty for every host, and a path pattern.
using route_spot = std::pair<std::string, std::string>;

class route_spots {
public:
    route_spots(const route_table& one, const route_table& other);

    // Of the rules of both, and of what any two of them both match.
    const std::set<route_spot>& all() const noexcept { return spots_; }

    // Those that some route lists, OPTIONS, and one that stands for all others.
    const std::vector<std::string>& methods() const noexcept { return methods_; }
    const std::string& other_method() const noexcept { return methods_.back(); }

    // A host that only the routes of that host pattern, and less specific ones, match.
    std::string host_in(const route_spot& spot) const;
    // The same for paths: one for each number of segments that the routes distinguish.
    std::vector<std::string> paths_in(const route_spot& spot) const;

private:
    void add(const route_table& table, std::set<std::string>& methods);
    void add_overlaps();

    std::set<route_spot> spots_;
    std::vector<std::string> methods_;
    std::string word_;  // a segment, or a label of a host, that no route names
    std::size_t most_segments_ = 0;
};

}  // namespace gate::auth
