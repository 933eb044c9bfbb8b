// `upstreams`: each entry has the keys of the section `upstream`.
#include <gate/config/draft.hpp>
#include <gate/config/rules.hpp>

#include <algorithm>
#include <utility>

namespace gate::config {

namespace {

using kind_t = node::kind_t;

constexpr std::size_t most_upstreams = 100;

void read_upstream(const node& entry, draft& into) {
    if (auto bad = check_entry_name(entry.key); !bad.empty())
        return into.problems.add(entry.key_at, "upstreams: " + in_quotes(entry.key) + ": " + bad);
    const auto path = "upstreams." + entry.key;
    if (entry.kind == kind_t::broken) return;
    if (entry.kind != kind_t::map) return into.problems.add(entry.key_at, path + ": needs keys below it");
    draft one(into.file());
    for (const node& each : entry.children) apply_tree_entry("upstream", each, one);
    for (auto& bad : one.problems.take())
        into.problems.add(bad.at, said_of_entry("upstream", path, std::move(bad.message)));
    const bool has_url =
        std::ranges::any_of(entry.children, [](const node& each) { return each.key == "url"; });
    if (!has_url) into.problems.add(entry.key_at, path + ": needs a url");
    into.value.upstreams.push_back({entry.key, one.value.upstream, {entry.key_at.line, entry.key_at.column}});
    into.upstream_places.emplace_back(entry, entry.key_at);
}

}  // namespace

void apply_upstreams(const node& section, draft& into) {
    if (section.kind == kind_t::null || section.kind == kind_t::broken) return;
    if (section.kind != kind_t::map)
        return into.problems.add(section.at, "upstreams: needs names below it, each with keys of its own");
    if (section.children.size() > most_upstreams)
        return into.problems.add(section.at,
                                 "upstreams: has more than " + std::to_string(most_upstreams) + " entries");
    for (const node& entry : section.children) read_upstream(entry, into);
}

}  // namespace gate::config
