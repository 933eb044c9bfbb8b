// `listeners`: each entry has a name and the keys of the section `listener`.
#include <gate/config/draft.hpp>
#include <gate/config/rules.hpp>

#include <algorithm>
#include <utility>

namespace gate::config {

namespace {

using kind_t = node::kind_t;

constexpr std::size_t most_listeners = 16;

void read_name(const node& entry, const std::string& path, named_listener& into, draft& of) {
    if (entry.kind == kind_t::broken) return;
    const auto at = entry.kind == kind_t::null ? entry.key_at : entry.at;
    if (entry.kind != kind_t::scalar) return of.problems.add(at, path + ".name: needs one value");
    if (auto bad = check_listener_name(entry.text); !bad.empty())
        return of.problems.add(at, path + ".name: " + bad);
    const auto same = std::ranges::find(of.value.listeners, entry.text, &named_listener::name);
    if (same != of.value.listeners.end())
        return of.problems.add(at,
                               path + ".name: " + in_quotes(entry.text) + " is the name of another listener");
    into.name = entry.text;
}

void read_listener(const node& entry, const std::string& path, draft& into) {
    if (entry.kind == kind_t::broken) return;
    if (entry.kind != kind_t::map)
        return into.problems.add(entry.at,
                                 path + ": needs keys, such as {name: public, address: \"0.0.0.0:8080\"}");
    named_listener read;
    read.at = {entry.at.line, entry.at.column};
    draft one(into.file());
    for (const node& each : entry.children) {
        if (each.key == "name") {
            read_name(each, path, read, into);
        } else {
            apply_tree_entry("listener", each, one);
        }
    }
    for (auto& bad : one.problems.take())
        into.problems.add(bad.at, said_of_entry("listener", path, std::move(bad.message)));
    for (const std::string_view needed : {"name", "address"}) {
        if (std::ranges::find(entry.children, needed, &node::key) == entry.children.end())
            into.problems.add(entry.at, path + ": needs " + (needed == "name" ? "a name" : "an address"));
    }
    read.options = one.value.listener;
    into.value.listeners.push_back(std::move(read));
    into.listener_places.emplace_back(entry, entry.at);
}

}  // namespace

void apply_listeners(const node& section, draft& into) {
    if (section.kind == kind_t::broken) return;
    const auto at = section.kind == kind_t::null ? section.key_at : section.at;
    if (section.kind != kind_t::sequence)
        return into.problems.add(
            at, "listeners: needs a list, such as [{name: public, address: \"0.0.0.0:8080\"}]");
    if (section.children.size() > most_listeners)
        return into.problems.add(at,
                                 "listeners: has more than " + std::to_string(most_listeners) + " entries");
    for (std::size_t i = 0; i < section.children.size(); ++i)
        read_listener(section.children[i], "listeners[" + std::to_string(i) + "]", into);
}

}  // namespace gate::config
