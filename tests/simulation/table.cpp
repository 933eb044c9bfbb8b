#include "table.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace gate::simulation {
namespace {

table::row cells_of(const std::string& line) {
    table::row out;
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

// The rows of the table whose first cell is `name`.
std::vector<table::row> rows_below(std::istream& page, const std::string& name) {
    std::vector<table::row> out;
    for (std::string line; std::getline(page, line);) {
        if (!line.starts_with('|')) {
            if (!out.empty()) break;
            continue;
        }
        if (!line.starts_with("| ")) continue;
        auto cells = cells_of(line);
        if (!out.empty() || (!cells.empty() && cells[0] == name)) out.push_back(std::move(cells));
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

std::string number(double value, int digits) {
    char text[32];
    std::snprintf(text, sizeof text, "%.*f", digits, value);
    return text;
}

std::string percent(std::size_t part, std::size_t whole) {
    if (part == 0 || whole == 0) return "0";
    return number(100 * static_cast<double>(part) / static_cast<double>(whole), 2) + " %";
}

void table::write_text(std::ostream& out) const {
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

void table::write_markdown(std::ostream& out) const {
    for (const auto& each : rows_) {
        for (const auto& text : each) out << "| " << text << ' ';
        out << "|\n";
        if (&each != &rows_.front()) continue;
        out << "|---";
        for (std::size_t i = 1; i < each.size(); ++i) out << "|--:";
        out << "|\n";
    }
}

std::vector<std::string> table::differences(std::istream& page) const {
    const auto found = rows_below(page, rows_[0][0]);
    std::vector<std::string> out;
    if (found.size() != rows_.size()) out.push_back("the table has another number of rows");
    for (std::size_t i = 0; i < std::min(found.size(), rows_.size()); ++i) {
        if (std::ranges::equal(found[i], rows_[i], agree)) continue;
        out.push_back("row " + std::to_string(i) + " (" + rows_[i][0] + ") differs");
    }
    return out;
}

}  // namespace gate::simulation
