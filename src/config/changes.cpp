#include <gate/config/changes.hpp>
#include <gate/config/print.hpp>
#include <gate/config/scalars.hpp>
#include <gate/config/tls_rules.hpp>

#include <algorithm>

namespace gate::config {

namespace {

std::string list_text(const std::vector<std::string>& values, bool is_list) {
    if (!is_list) return values.front();
    std::string out = "[";
    for (const auto& item : values) out += (out.size() > 1 ? ", " : "") + item;
    return out + "]";
}

std::string value_text(const option& which, const config& from) {
    return list_text(values_of(which, from), which.is_list());
}

template <class Item>
std::vector<Item> added(const std::vector<Item>& before, const std::vector<Item>& after) {
    std::vector<Item> out;
    std::ranges::copy_if(after, std::back_inserter(out),
                         [&](const Item& item) { return std::ranges::find(before, item) == before.end(); });
    return out;
}

void compare_access(const config& before, const config& after, std::vector<std::string>& into) {
    if (before.auth.mode == auth_mode::required && after.auth.mode == auth_mode::optional)
        into.emplace_back("auth.mode: required -> optional");
    if (!before.auth.shadow && after.auth.shadow)
        into.emplace_back("auth.shadow: false -> true: no request is refused for its token or its route");
    if (!before.auth.preflight && after.auth.preflight) into.emplace_back("auth.preflight: false -> true");
}

const named_upstream* find_upstream(const config& in, std::string_view name) {
    const auto found = std::ranges::find(in.upstreams, name, &named_upstream::name);
    return found == in.upstreams.end() ? nullptr : &*found;
}

// Which peers may connect, and tell whose connection it is.
void compare_balancers(const std::string& section, const listener_options& before,
                       const listener_options& after, std::vector<std::string>& into) {
    const bool was_off = before.proxy_protocol != proxy_protocol_use::required;
    if (after.proxy_protocol != proxy_protocol_use::required) {
        if (!was_off)
            into.push_back(section + ".proxy_protocol: required -> off: every peer may connect now");
        return;
    }
    const auto known = was_off ? std::vector<network>() : before.proxy_protocol_from;
    for (const auto& range : added(known, after.proxy_protocol_from))
        into.push_back(section + ".proxy_protocol_from: " + format_network(range) +
                       " may tell the address of a client now");
}

void compare_upstream_trust(const std::string& section, const upstream_options& before,
                            const upstream_options& after, std::vector<std::string>& into) {
    if (!before.forward_token && after.forward_token)
        into.push_back(section + ".forward_token: false -> true");
    if (before.target.tls && !after.target.tls && after.target.socket.empty())
        into.push_back(section + ".url: https -> http: requests to it are not encrypted any more");
    if (after.target.tls && !before.tls.ca_file.empty() && after.tls.ca_file.empty())
        into.push_back(section + ".tls.ca_file: " + before.tls.ca_file + " -> the authorities of the system");
}

void compare_trust(const config& before, const config& after, std::vector<std::string>& into) {
    compare_balancers("listener", before.listener, after.listener, into);
    for (const auto& each : after.listeners) {
        const auto was = std::ranges::find(before.listeners, each.name, &named_listener::name);
        if (was != before.listeners.end())
            compare_balancers("listeners." + each.name, was->options, each.options, into);
    }
    for (const auto& range : added(before.forwarded.trusted_proxies, after.forwarded.trusted_proxies))
        into.push_back("forwarded.trusted_proxies: " + format_network(range) + " is trusted now");
    for (const auto& range : added(before.answer.trusted_peers, after.answer.trusted_peers))
        into.push_back("answer.trusted_peers: " + format_network(range) + " may ask now");
    if (before.answer.original == original_source::none && after.answer.original != original_source::none)
        into.emplace_back("answer.original: a token for every request -> what the routes ask for");
    if (!before.auth.blocked_accounts_file.empty() && after.auth.blocked_accounts_file.empty())
        into.emplace_back("auth.blocked_accounts_file: the accounts in it are not blocked any more");
    for (const auto& name : added(before.forwarded.pass, after.forwarded.pass))
        into.push_back("forwarded.pass: " + name + ": removed -> passed on");
    for (const auto& host : added(before.admin.hosts, after.admin.hosts))
        into.push_back("admin.hosts: " + host + ": refused -> accepted");
    if (before.admin_token.empty() && !after.admin_token.empty())
        into.emplace_back("admin.token_file: no token -> a token: the admin listener now accepts changes");
    compare_upstream_trust("upstream", before.upstream, after.upstream, into);
    for (const auto& each : after.upstreams) {
        const auto* const was = find_upstream(before, each.name);
        if (was) compare_upstream_trust("upstreams." + each.name, was->options, each.options, into);
    }
}

void compare_upstream(const named_upstream& was, const named_upstream& is, std::vector<std::string>& into) {
    const auto values = upstream_values(is.options);
    const auto old_values = upstream_values(was.options);
    for (std::size_t i = 0; i < values.size(); ++i) {
        const auto& [name, value] = values[i];
        if (value == old_values[i].second) continue;
        std::string line = "upstreams." + is.name + ".";
        into.push_back(
            line.append(name).append(": ").append(old_values[i].second).append(" -> ").append(value));
    }
}

// Of a list: the section `listener` consists of options. No listener comes or goes while the program runs.
void compare_listeners(const config& before, const config& after, std::vector<std::string>& into) {
    for (const auto& is : after.listeners) {
        const auto was = std::ranges::find(before.listeners, is.name, &named_listener::name);
        if (was == before.listeners.end()) continue;
        const auto old_values = listener_values(was->options);
        const auto values = listener_values(is.options);
        for (std::size_t i = 0; i < values.size(); ++i) {
            const auto& [path, which, value] = values[i];
            if (value == old_values[i].values) continue;
            std::string line = "listeners." + is.name + ".";
            into.push_back(line.append(path)
                               .append(": ")
                               .append(list_text(old_values[i].values, which.is_list()))
                               .append(" -> ")
                               .append(list_text(value, which.is_list())));
        }
    }
}

// For how long a token is believed that Gate has not been asked about.
void compare_belief(const config& before, const config& after, std::vector<std::string>& into) {
    const auto longer = [&](std::string_view name, duration was, duration is) {
        if (is > was)
            into.push_back(std::string(name) + ": " + format_duration(was) + " -> " + format_duration(is));
    };
    longer("cache.ttl", before.cache.ttl, after.cache.ttl);
    longer("cache.grace", before.cache.grace, after.cache.grace);
    longer("cache.stream_max_unverified", before.cache.stream_max_unverified,
           after.cache.stream_max_unverified);
    if (before.cache.verify_streams && !after.cache.verify_streams)
        into.emplace_back("cache.verify_streams: true -> false");
}

}  // namespace

std::vector<const option*> differences(const config& before, const config& after) {
    std::vector<const option*> out;
    for (const option& each : all_options()) {
        if (values_of(each, before) != values_of(each, after)) out.push_back(&each);
    }
    return out;
}

std::string describe_change(const option& which, const config& before, const config& after) {
    return std::string(which.path) + ": " + value_text(which, before) + " -> " + value_text(which, after);
}

std::vector<std::string> entry_changes(const config& before, const config& after) {
    std::vector<std::string> out;
    compare_listeners(before, after, out);
    for (const auto& each : before.upstreams) {
        if (!find_upstream(after, each.name)) out.push_back("upstreams." + each.name + ": removed");
    }
    for (const auto& each : after.upstreams) {
        const auto* const was = find_upstream(before, each.name);
        if (was) {
            compare_upstream(*was, each, out);
        } else {
            out.push_back("upstreams." + each.name + ": added");
        }
    }
    for (const auto& each : added(after.routes, before.routes))
        out.push_back("routes: removed " + render_route(each));
    for (const auto& each : added(before.routes, after.routes))
        out.push_back("routes: added " + render_route(each));
    return out;
}

std::vector<std::string> loosenings(const config& before, const config& after) {
    std::vector<std::string> out;
    compare_access(before, after, out);
    compare_trust(before, after, out);
    compare_belief(before, after, out);
    compare_tls("listener.tls", before.listener.tls, after.listener.tls, out);
    for (const auto& each : after.listeners) {
        const auto was = std::ranges::find(before.listeners, each.name, &named_listener::name);
        if (was != before.listeners.end())
            compare_tls("listeners." + each.name + ".tls", was->options.tls, each.options.tls, out);
    }
    compare_tls("answer.tls", before.answer.tls, after.answer.tls, out);
    return out;
}

}  // namespace gate::config
