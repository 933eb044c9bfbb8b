// `routes`: the part of the file that is a list of maps.
#include <gate/config/draft.hpp>
#include <gate/config/route_keys.hpp>
#include <gate/config/rules.hpp>
#include <gate/config/scalars.hpp>
#include <gate/config/suggest.hpp>
#include <gate/http/host_pattern.hpp>
#include <gate/http/path_pattern.hpp>

#include <algorithm>
#include <utility>

namespace gate::config {

namespace {

using kind_t = node::kind_t;

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
    // Reports a value of another kind as what `form` is not.
    bool is(kind_t expected, const std::string& form) const {
        if (value.kind == expected) return true;
        if (value.kind == kind_t::null) {
            blame(value.key_at, "has no value; remove the key instead");
        } else if (value.kind != kind_t::broken) {  // a broken one has been reported
            blame("needs " + form);
        }
        return false;
    }
    bool is_scalar() const { return is(kind_t::scalar, "one value"); }
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
        if (!from.is(kind_t::scalar, "one value or a list, such as [a, b]")) return;
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
    std::string_view range;  // as in the reference file
    std::string_view doc;
};

// clang-format off
constexpr route_key timeout_keys[] = {
    {"response", [](const place& from, route_options& into) { read_limit(from, 1h, into.response_timeout); },
     "0s..1h", "Replaces the upstream's response_timeout."},
    {"stream_idle", [](const place& from, route_options& into) { read_limit(from, 24h, into.stream_idle_timeout); },
     "0s..24h", "Replaces limits.stream_idle_timeout."},
    {"body", [](const place& from, route_options& into) { read_limit(from, 1h, into.body_timeout); },
     "0s..1h", "Replaces limits.body_timeout."},
};
// clang-format on

void report_unknown(const node& entry, const std::string& path, std::span<const route_key> keys, draft& of) {
    std::vector<std::string_view> names;
    for (const auto& each : keys) names.push_back(each.name);
    const auto near = nearest(entry.key, names);
    std::string hint = near.empty() ? "" : "; did you mean " + std::string(near) + "?";
    for (const auto& each : timeout_keys) {  // response_timeout, as in the section upstream
        if (entry.key == std::string(each.name) + "_timeout")
            hint = "; write timeouts: {" + std::string(each.name) + ": ...} in the route";
    }
    of.problems.add(entry.key_at, "unknown key " + in_quotes(entry.key) + " in " + path + hint);
}

void read_map(const node& map, const std::string& path, std::span<const route_key> keys, route_options& into,
              draft& of) {
    for (const node& entry : map.children) {
        const auto known = std::ranges::find(keys, entry.key, &route_key::name);
        if (known == keys.end()) {
            report_unknown(entry, path, keys, of);
        } else {
            known->read({entry, path + "." + entry.key, of}, into);
        }
    }
}

void read_timeouts(const place& from, route_options& into) {
    if (!from.is(kind_t::map, "keys below it: response, stream_idle or body")) return;
    read_map(from.value, from.path, timeout_keys, into, from.into);
}

void refuse_rate(const place& from, route_options&) {
    from.blame(from.value.key_at, "is not supported yet; remove the key");
}

void read_log(const place& from, route_options& into) {
    std::optional<bool> value;
    read_with(from, parse_boolean, value);
    into.log = value.value_or(into.log);
}

// clang-format off
constexpr route_key route_keys[] = {
    {"path", [](const place& from, route_options& into) { read_texts(from, http::check_path_pattern, into.paths); },
     "a pattern or a list of them", "The paths, without a query. Exact, but for * in place of one whole segment, and /** at the end: that path and everything below it. Absent: all paths."},
    {"host", [](const place& from, route_options& into) { read_texts(from, http::check_host_pattern, into.hosts); },
     "a name or a list of them", "The hosts, without a port. *.example.com matches every name below example.com. Absent: all hosts."},
    {"methods", [](const place& from, route_options& into) { read_texts(from, check_method, into.methods); },
     "a list of methods", "The methods, in upper case. Absent: all methods."},
    {"auth", [](const place& from, route_options& into) { read_access(from, into.auth); },
     "required or optional or none or deny", "What a request needs: a valid token (required), a valid token or none at all (optional), or nothing (none). deny refuses it. Absent: auth.mode."},
    {"shadow", [](const place& from, route_options& into) { read_with(from, parse_boolean, into.shadow); },
     "true or false", "As auth.shadow, which holds where it is absent."},
    {"preflight", [](const place& from, route_options& into) { read_with(from, parse_boolean, into.preflight); },
     "true or false", "As auth.preflight, which holds where it is absent."},
    {"upstream", [](const place& from, route_options& into) { read_name(from, into.upstream); },
     "a name in upstreams", "Where the requests go. Absent: the section upstream."},
    {"rate", refuse_rate, "", ""},
    {"timeouts", read_timeouts, "", ""},
    {"log", read_log,
     "true or false", "false: responses below 400 have no line in the access log."},
    {"name", [](const place& from, route_options& into) { read_name(from, into.name); },
     "letters, digits, '_', '-' and '.'", "The route's name in the access log and in metrics. Several routes may have the same name."},
};
// clang-format on

void apply_route(const node& entry, const std::string& path, draft& into) {
    if (entry.kind == kind_t::broken) return;
    if (entry.kind != kind_t::map)
        return into.problems.add(entry.at, path + ": needs keys, such as {path: /healthz, auth: none}");
    route_options one;
    one.at = {entry.at.line, entry.at.column};
    read_map(entry, path, route_keys, one, into);
    into.value.routes.push_back(std::move(one));
    into.route_places.emplace_back(entry, entry.at);
}

}  // namespace

void apply_routes(const node& section, draft& into) {
    if (section.kind == kind_t::broken) return;
    const auto at = section.kind == kind_t::null ? section.key_at : section.at;
    if (section.kind != kind_t::sequence)
        return into.problems.add(at, "routes: needs a list, such as [{path: /healthz, auth: none}]");
    if (section.children.size() > most_routes)
        return into.problems.add(at, "routes: has more than " + std::to_string(most_routes) + " entries");
    for (std::size_t i = 0; i < section.children.size(); ++i)
        apply_route(section.children[i], "routes[" + std::to_string(i) + "]", into);
}

std::vector<route_key_description> describe_route_keys() {
    std::vector<route_key_description> out;
    const auto add = [&out](const std::string& prefix, std::span<const route_key> keys) {
        for (const auto& each : keys) {
            if (!each.doc.empty()) out.push_back({prefix + std::string(each.name), each.range, each.doc});
        }
    };
    add("", route_keys);
    add("timeouts.", timeout_keys);
    return out;
}

}  // namespace gate::config
