// `upstreams` and `routes`: the parts of the file that are no single values.
#include <gate/config/draft.hpp>
#include <gate/config/rules.hpp>
#include <gate/config/scalars.hpp>
#include <gate/config/suggest.hpp>
#include <gate/http/host_pattern.hpp>
#include <gate/http/path_pattern.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace gate::config {

namespace {

using kind_t = node::kind_t;

constexpr std::size_t most_upstreams = 100;
constexpr std::size_t most_routes = 1000;
constexpr std::size_t most_items = 100;  // of a list in a route

// One value of an entry, with the way to complain about it.
struct place {
    const node& value;
    const std::string& path;  // "routes[2].auth"
    draft& into;

    void blame(position at, const std::string& message) const {
        into.problems.add(at, path + ": " + message);
    }
    void blame(const std::string& message) const { blame(value.at, message); }
    bool is_scalar() const {
        if (value.kind == kind_t::scalar) return true;
        if (value.kind == kind_t::null) {
            blame(value.key_at, "has no value; remove the key instead");
        } else if (value.kind != kind_t::broken) {
            blame("needs one value");
        }
        return false;
    }
};

template <class T>
void read_with(const place& from, parsed<T> (*parse)(std::string_view), std::optional<T>& into) {
    if (!from.is_scalar()) return;
    auto value = parse(from.value.text);
    if (!value) return from.blame(value.error());
    into = std::move(*value);
}

void read_limit(const place& from, duration most, std::optional<duration>& into) {
    std::optional<duration> value;
    read_with(from, parse_duration, value);
    if (value && *value > most) return from.blame("must be between 0 and " + format_duration(most));
    if (value) into = value;
}

// One text or a list of them, each once.
void read_texts(const place& from, std::string (*check)(std::string_view), std::vector<std::string>& into) {
    if (from.value.kind != kind_t::sequence) {
        if (!from.is_scalar()) return;
        if (auto bad = check(from.value.text); !bad.empty()) return from.blame(bad);
        into = {from.value.text};
        return;
    }
    const auto& items = from.value.children;
    if (items.empty()) return from.blame("must not be empty; remove the key instead");
    if (items.size() > most_items)
        return from.blame("has more than " + std::to_string(most_items) + " items");
    for (const node& item : items) {
        if (item.kind == kind_t::broken) continue;
        if (item.kind != kind_t::scalar) {
            from.blame(item.at, "needs plain values as items");
        } else if (auto bad = check(item.text); !bad.empty()) {
            from.blame(item.at, bad);
        } else if (std::ranges::find(into, item.text) != into.end()) {
            from.blame(item.at, in_quotes(item.text) + " is in the list twice");
        } else {
            into.push_back(item.text);
        }
    }
}

void read_name(const place& from, std::string& into) {
    if (!from.is_scalar()) return;
    if (auto bad = check_entry_name(from.value.text); !bad.empty()) return from.blame(bad);
    into = from.value.text;
}

void read_access(const place& from, std::optional<access_level>& into) {
    if (!from.is_scalar()) return;
    const auto found = std::ranges::find(access_level_names, from.value.text);
    if (found == access_level_names.end())
        return from.blame("needs one of required, optional, none, deny, not " + in_quotes(from.value.text));
    into = static_cast<access_level>(found - access_level_names.begin());
}

struct route_key {
    std::string_view name;
    void (*read)(const place& from, route_options& into);
};

constexpr route_key timeout_keys[] = {
    {"response", [](const place& from, route_options& into) { read_limit(from, 1h, into.response_timeout); }},
    {"stream_idle",
     [](const place& from, route_options& into) { read_limit(from, 24h, into.stream_idle_timeout); }},
    {"body", [](const place& from, route_options& into) { read_limit(from, 1h, into.body_timeout); }},
};

void read_map(const node& map, const std::string& path, std::span<const route_key> keys, route_options& into,
              draft& of) {
    for (const node& entry : map.children) {
        const auto known = std::ranges::find(keys, entry.key, &route_key::name);
        const auto at = path + "." + entry.key;
        if (known != keys.end()) {
            known->read({entry, at, of}, into);
            continue;
        }
        std::vector<std::string_view> names;
        for (const auto& each : keys) names.push_back(each.name);
        const auto near = nearest(entry.key, names);
        of.problems.add(entry.key_at, "unknown key " + in_quotes(entry.key) + " in " + path +
                                          (near.empty() ? "" : "; did you mean " + std::string(near) + "?"));
    }
}

void read_timeouts(const place& from, route_options& into) {
    if (from.value.kind == kind_t::broken) return;
    if (from.value.kind != kind_t::map)
        return from.blame("needs keys below it: response, stream_idle or body");
    read_map(from.value, from.path, timeout_keys, into, from.into);
}

void refuse_rate(const place& from, route_options&) {
    from.blame(from.value.key_at, "rates are not supported yet; remove the key");
}

constexpr route_key route_keys[] = {
    {"path",
     [](const place& from, route_options& into) { read_texts(from, http::check_path_pattern, into.paths); }},
    {"host",
     [](const place& from, route_options& into) { read_texts(from, http::check_host_pattern, into.hosts); }},
    {"methods", [](const place& from, route_options& into) { read_texts(from, check_method, into.methods); }},
    {"auth", [](const place& from, route_options& into) { read_access(from, into.auth); }},
    {"shadow", [](const place& from, route_options& into) { read_with(from, parse_boolean, into.shadow); }},
    {"preflight",
     [](const place& from, route_options& into) { read_with(from, parse_boolean, into.preflight); }},
    {"upstream", [](const place& from, route_options& into) { read_name(from, into.upstream); }},
    {"rate", refuse_rate},
    {"timeouts", read_timeouts},
    {"log",
     [](const place& from, route_options& into) {
         std::optional<bool> value;
         read_with(from, parse_boolean, value);
         into.log = value.value_or(into.log);
     }},
    {"name", [](const place& from, route_options& into) { read_name(from, into.name); }},
};

void read_upstream(const node& entry, draft& into) {
    const auto path = "upstreams." + entry.key;
    if (auto bad = check_entry_name(entry.key); !bad.empty())
        return into.problems.add(entry.key_at, path + ": " + bad);
    if (entry.kind == kind_t::broken) return;
    if (entry.kind != kind_t::map) return into.problems.add(entry.key_at, path + ": needs keys below it");
    draft one(into.file());
    node section = entry;
    section.key = "upstream";
    for (auto& each : section.children) {
        if (each.key == "protocol") {
            into.problems.add(each.key_at, path + ".protocol: is not supported yet; remove the key");
            continue;
        }
        apply_tree_entry("upstream", each, one);
    }
    const bool has_url =
        std::ranges::any_of(entry.children, [](const node& each) { return each.key == "url"; });
    if (!has_url) into.problems.add(entry.key_at, path + ": needs a url");
    for (auto& bad : one.problems.take()) {
        constexpr std::string_view prefix = "upstream.";
        if (bad.message.starts_with(prefix)) bad.message = path + "." + bad.message.substr(prefix.size());
        into.problems.add(bad.at, std::move(bad.message));
    }
    into.value.upstreams.push_back({entry.key, one.value.upstream, {entry.key_at.line, entry.key_at.column}});
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

void apply_routes(const node& section, draft& into) {
    if (section.kind == kind_t::broken) return;
    if (section.kind != kind_t::sequence)
        return into.problems.add(section.kind == kind_t::null ? section.key_at : section.at,
                                 "routes: needs a list, such as [{path: /healthz, auth: none}]");
    if (section.children.size() > most_routes)
        return into.problems.add(section.at,
                                 "routes: has more than " + std::to_string(most_routes) + " entries");
    for (std::size_t i = 0; i < section.children.size(); ++i) {
        const node& entry = section.children[i];
        if (entry.kind == kind_t::broken) continue;
        const auto path = "routes[" + std::to_string(i) + "]";
        if (entry.kind != kind_t::map) {
            into.problems.add(entry.at, path + ": needs keys, such as {path: /healthz, auth: none}");
            continue;
        }
        route_options one;
        one.at = {entry.at.line, entry.at.column};
        read_map(entry, path, route_keys, one, into);
        into.value.routes.push_back(std::move(one));
    }
}

}  // namespace gate::config
