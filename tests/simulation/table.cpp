#include "table.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <optional>
#include <span>
#include <string_view>

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

// The rows of the table with that head, which is the first of them.
std::vector<table::row> rows_below(std::istream& page, const table::row& head) {
    std::vector<table::row> out;
    for (std::string line; std::getline(page, line);) {
        if (!line.starts_with('|')) {
            if (!out.empty()) break;
            continue;
        }
        if (!line.starts_with("| ")) continue;
        auto cells = cells_of(line);
        if (!out.empty() || cells == head) out.push_back(std::move(cells));
    }
    return out;
}

// A number as it is shown, and what follows it.
struct amount {
    double value = 0;
    double last_place = 1;  // what 1 in its last digit is worth
    std::string_view unit;
};

std::optional<amount> amount_of(std::string_view text) {
    amount out;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), out.value);
    if (problem != std::errc{}) return {};
    const auto length = static_cast<std::size_t>(end - text.data());
    out.unit = text.substr(length);
    if (const auto point = text.substr(0, length).find('.'); point != std::string_view::npos)
        out.last_place = std::pow(0.1, length - point - 1);
    return out;
}

constexpr std::string_view none = "0";  // not even a little: what is rounded has a unit, or more digits

bool agree(const std::string& one, const std::string& other) {
    if (one == other) return true;
    if (one == none || other == none) return false;
    const auto a = amount_of(one);
    const auto b = amount_of(other);
    if (!a || !b || a->unit != b->unit || a->last_place != b->last_place) return false;
    const double most = 0.1 * std::max(std::abs(a->value), std::abs(b->value)) + a->last_place;
    return std::abs(a->value - b->value) <= most;
}

bool rows_agree(const table::row& one, const table::row& other) {
    if (one.size() != other.size() || one[0] != other[0]) return false;
    return std::equal(one.begin() + 1, one.end(), other.begin() + 1, agree);
}

std::string text_of(const table::row& cells) {
    std::string out;
    for (const auto& each : cells) out += "| " + each + ' ';
    return out + '|';
}

std::string difference(const table::row& shown, const table::row& found) {
    return "the page has " + text_of(shown) + ", not " + text_of(found);
}

bool goes_with_the_row_above(const table::row& one) {
    return one[0].starts_with("- ");
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
        out << text_of(each) << '\n';
        if (&each != &rows_.front()) continue;
        out << "|---";
        for (std::size_t i = 1; i < each.size(); ++i) out << "|--:";
        out << "|\n";
    }
}

std::vector<std::string> table::differences(std::istream& page) const {
    const auto shown = rows_below(page, rows_[0]);
    if (shown.empty()) return {"the page has no table " + text_of(rows_[0])};
    std::vector<std::string> out;
    if (shown.size() != rows_.size()) out.push_back("the table has another number of rows");
    for (std::size_t i = 0; i < std::min(shown.size(), rows_.size()); ++i)
        if (!rows_agree(shown[i], rows_[i])) out.push_back(difference(shown[i], rows_[i]));
    return out;
}

std::vector<std::string> table::differences_of_excerpt(std::istream& page) const {
    const auto shown = rows_below(page, rows_[0]);
    if (shown.size() < 2) return {"the page has no table, or no rows of " + text_of(rows_[0])};
    std::vector<std::string> out;
    auto at = rows_.end();
    for (const auto& each : std::span(shown).subspan(1)) {
        if (goes_with_the_row_above(each)) {
            if (at != rows_.end()) ++at;
        } else {
            at = std::ranges::find_if(rows_, [&](const row& own) { return own[0] == each[0]; });
        }
        if (at == rows_.end()) {
            out.push_back("nothing was found for " + text_of(each));
        } else if (!rows_agree(each, *at)) {
            out.push_back(difference(each, *at));
        }
    }
    return out;
}

}  // namespace gate::simulation
