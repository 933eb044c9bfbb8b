#include "route_spots.hpp"

#include <gate/http/host_pattern.hpp>

#include <algorithm>
#include <optional>

namespace gate::auth {
namespace {

constexpr std::size_t most_overlapping = 250;  // the overlaps of more are too many to be told
constexpr std::size_t most_below = 12;         // segments

const http::path_pattern::segment any{"", true};

std::string text_of(const std::vector<http::path_pattern::segment>& segments, const std::string& any_text) {
    std::string out;
    for (const auto& each : segments) out += "/" + (each.is_any ? any_text : each.text);
    return out;
}

// What both match. Precondition: there is such a path.
std::string overlap_of(const http::path_pattern& a, const http::path_pattern& b) {
    const auto at = [](const http::path_pattern& in, std::size_t i) {
        return i < in.segments().size() ? in.segments()[i] : any;
    };
    std::vector<http::path_pattern::segment> out;
    for (std::size_t i = 0; i < std::max(a.segments().size(), b.segments().size()); ++i)
        out.push_back(at(a, i).is_any ? at(b, i) : at(a, i));
    return text_of(out, "*") + (a.matches_below() && b.matches_below() ? "/**" : "");
}

// The more specific of the two, where some host matches both.
std::optional<std::string> overlap_of_hosts(const std::string& a, const std::string& b) {
    const auto is_within = [](std::string_view host, std::string_view pattern) {
        return pattern.empty() || host == pattern ||
               (!host.empty() && http::host_matches(pattern, host.substr(host.starts_with('*') ? 1 : 0)));
    };
    if (is_within(a, b)) return a;
    if (is_within(b, a)) return b;
    return std::nullopt;
}

}  // namespace

route_spots::route_spots(const route_table& one, const route_table& other) : word_("x") {
    std::set<std::string> methods{"OPTIONS"};
    add(one, methods);
    add(other, methods);
    const auto is_used = [this](const route_spot& spot) {
        return spot.first.find(word_) != std::string::npos || spot.second.find(word_) != std::string::npos;
    };
    for (std::size_t i = 0; std::ranges::any_of(spots_, is_used); ++i) word_ = "x" + std::to_string(i);
    methods_.assign(methods.begin(), methods.end());
    std::string unlisted = "OTHER";
    while (methods.contains(unlisted)) unlisted += 'X';
    methods_.push_back(std::move(unlisted));
    add_overlaps();
}

void route_spots::add(const route_table& table, std::set<std::string>& methods) {
    for (const auto& each : table.compiled_order()) {
        spots_.emplace(each.host, each.path);
        methods.insert(each.methods.begin(), each.methods.end());
        most_segments_ = std::max(most_segments_, http::path_pattern(each.path).segments().size());
    }
}

void route_spots::add_overlaps() {
    if (spots_.size() > most_overlapping) return;
    const std::vector<route_spot> own(spots_.begin(), spots_.end());
    std::vector<http::path_pattern> patterns;
    patterns.reserve(own.size());
    for (const auto& each : own) patterns.emplace_back(each.second);
    for (std::size_t i = 0; i < own.size(); ++i) {
        for (std::size_t k = i + 1; k < own.size(); ++k) {
            const auto host = overlap_of_hosts(own[i].first, own[k].first);
            if (!host || !http::can_match_same_path(patterns[i], patterns[k])) continue;
            spots_.emplace(*host, overlap_of(patterns[i], patterns[k]));
        }
    }
}

std::string route_spots::host_in(const route_spot& spot) const {
    if (spot.first.empty()) return word_;
    return spot.first.starts_with('*') ? word_ + spot.first.substr(1) : spot.first;
}

std::vector<std::string> route_spots::paths_in(const route_spot& spot) const {
    const http::path_pattern pattern(spot.second);
    auto path = text_of(pattern.segments(), word_);
    std::vector<std::string> out{path.empty() ? "/" : path};
    if (!pattern.matches_below()) return out;
    const auto own = pattern.segments().size();
    const auto below = std::min(std::max(most_segments_, own) - own + 1, most_below);
    for (std::size_t i = 0; i < below; ++i) out.push_back(path += "/" + word_);
    return out;
}

}  // namespace gate::auth
