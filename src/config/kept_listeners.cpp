// What becomes of the listeners of another configuration while the program runs: those in force stay where
// they are, and take from the other one what can change.
#include <gate/config/draft.hpp>
#include <gate/config/tls_rules.hpp>

#include <algorithm>
#include <utility>

namespace gate::config {

namespace {

constexpr auto nowhere = static_cast<std::size_t>(-1);

// The listener at the same address; of several (any free port) the one of the same name.
std::size_t find_same(const std::vector<named_listener>& in, const named_listener& as) {
    auto found = nowhere;
    for (std::size_t i = 0; i < in.size(); ++i) {
        if (in[i].options.address != as.options.address) continue;
        if (in[i].name == as.name) return i;
        if (found == nowhere) found = i;
    }
    return found;
}

}  // namespace

void draft::keep_listeners(const config& in_force) {
    if (in_force.listeners.empty() && value.listeners.empty()) return;  // options like others
    const auto others = value.all_listeners();
    std::vector<named_listener> kept;
    std::vector<entry_places> places;
    bool is_moved = false, is_renamed = false, has_other_mode = false, switches_tls = false;
    for (const auto& own : in_force.all_listeners()) {
        const auto index = find_same(others, own);
        is_moved = is_moved || index == nowhere;
        const auto& other = index == nowhere ? own : others[index];
        const bool is_entry = index != nowhere && index < listener_places.size();
        places.push_back(is_entry ? listener_places[index] : entry_places(node{}, position{}));
        is_renamed = is_renamed || other.name != own.name;
        has_other_mode = has_other_mode || other.options.socket_mode != own.options.socket_mode;
        kept.push_back({own.name, other.options, other.at});
        kept.back().options.socket_mode = own.options.socket_mode;
        if (keep_whether_tls_is_on(own.options.tls, kept.back().options.tls)) switches_tls = true;
    }
    is_moved = is_moved || others.size() != kept.size();
    if (is_moved) need_restart_.emplace_back("listeners (one was added, removed or moved)");
    if (is_renamed) need_restart_.emplace_back("listeners (one was renamed)");
    if (switches_tls) need_restart_.emplace_back("listeners (tls.certificates)");
    if (has_other_mode) need_restart_.emplace_back("listeners (socket_mode)");
    value.listener = in_force.listeners.empty() ? kept.front().options : in_force.listener;
    value.listeners = in_force.listeners.empty() ? std::vector<named_listener>() : std::move(kept);
    listener_places = std::move(places);
}

}  // namespace gate::config
