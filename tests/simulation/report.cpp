#include "report.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <istream>

namespace gate::simulation {
namespace {

std::string number(double value, int digits) {
    char text[32];
    std::snprintf(text, sizeof text, "%.*f", digits, value);
    return text;
}

std::string percent(std::size_t part, std::size_t whole) {
    if (part == 0 || whole == 0) return "0";
    return number(100 * static_cast<double>(part) / static_cast<double>(whole), 2) + " %";
}

std::string seconds(core::duration span) {
    return number(static_cast<double>(span.count()) / 1000, 1) + " s";
}

std::vector<std::string> cells_of(const std::string& line) {
    std::vector<std::string> out;
    for (std::size_t at = line.find('|'); at != std::string::npos;) {
        const auto end = line.find('|', at + 1);
        if (end == std::string::npos) break;
        auto text = line.substr(at + 1, end - at - 1);
        text.erase(0, text.find_first_not_of(' '));
        text.erase(text.find_last_not_of(' ') + 1);
        out.push_back(text);
        at = end;
    }
    return out;
}

// Numbers are followed by their unit, or nothing.
bool agree(const std::string& one, const std::string& other) {
    if (one == other) return true;
    try {
        std::size_t end_of_one = 0;
        std::size_t end_of_other = 0;
        const double a = std::stod(one, &end_of_one);
        const double b = std::stod(other, &end_of_other);
        return std::abs(a - b) <= std::max(3.0, 0.1 * std::max(std::abs(a), std::abs(b)));
    } catch (const std::exception&) {
        return false;
    }
}

}  // namespace

report::report()
    : rows_{{"cell", "demand", "calls per window", "busiest window", "flood calls per window", "good refused",
             "known refused", "oldest answer", "recovered after"}} {}

report::row report::row_of(const std::string& name, const std::string& demand, const outcome& what,
                           bool flooded, bool troubled) {
    const auto& seen = what.seen;
    return {name,
            demand,
            number(static_cast<double>(what.gate.calls) / what.windows, 0),
            std::to_string(what.gate.most_in_a_window),
            flooded ? number(static_cast<double>(what.gate.flood_calls) / what.windows, 0) : "",
            percent(seen.good_refused, seen.good_requests),
            percent(seen.known_refused, seen.known_requests),
            seconds(seen.worst_age),
            troubled ? seconds(seen.worst_recovery) : ""};
}

void report::add(const scenario& cell, std::size_t demand, const outcome& sidecar,
                 const outcome& plain_cache) {
    const bool flooded = cell.flood != flood_from::nobody;
    const bool troubled = !cell.troubles.empty();
    rows_.push_back(row_of(cell.name, percent(demand, gate_model::limit), sidecar, flooded, troubled));
    rows_.push_back(row_of("- plain cache", "", plain_cache, flooded, troubled));
}

void report::write_text(std::ostream& out) const {
    std::vector<std::size_t> widths(rows_[0].size());
    for (const auto& each : rows_) {
        for (std::size_t i = 0; i < each.size(); ++i) widths[i] = std::max(widths[i], each[i].size());
    }
    for (const auto& each : rows_) {
        for (std::size_t i = 0; i < each.size(); ++i) {
            const std::string space(widths[i] - each[i].size() + 2, ' ');
            out << (i == 0 ? each[i] + space : space + each[i]);
        }
        out << '\n';
    }
}

void report::write_markdown(std::ostream& out) const {
    for (const auto& each : rows_) {
        for (const auto& text : each) out << "| " << text << ' ';
        out << "|\n";
        if (&each != &rows_.front()) continue;
        out << "|---";
        for (std::size_t i = 1; i < each.size(); ++i) out << "|--:";
        out << "|\n";
    }
}

std::vector<std::string> report::differences(std::istream& page) const {
    std::vector<row> found;
    for (std::string line; std::getline(page, line);) {
        if (line.starts_with("| ")) found.push_back(cells_of(line));
    }
    std::vector<std::string> out;
    if (found.size() != rows_.size()) out.push_back("the table has another number of rows");
    for (std::size_t i = 0; i < std::min(found.size(), rows_.size()); ++i) {
        if (std::ranges::equal(found[i], rows_[i], agree)) continue;
        out.push_back("row " + std::to_string(i) + " (" + rows_[i][0] + ") differs");
    }
    return out;
}

}  // namespace gate::simulation
