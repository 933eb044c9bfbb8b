#include "compiled_routes.hpp"

#include <gate/http/host_pattern.hpp>

#include <algorithm>

namespace gate::auth {
namespace {

bool can_match_same_host(const std::string& a, const std::string& b) noexcept {
    const auto within = [](std::string_view host, std::string_view pattern) {
        // A wildcard lies within another if its own names do.
        return host == pattern || http::host_matches(pattern, host.substr(host.starts_with('*') ? 1 : 0));
    };
    return within(a, b) || within(b, a);
}

bool can_match_same_host(const route& a, const route& b) noexcept {
    if (a.hosts.empty() || b.hosts.empty()) return true;
    return std::any_of(a.hosts.begin(), a.hosts.end(), [&b](const std::string& x) {
        return std::any_of(b.hosts.begin(), b.hosts.end(),
                           [&x](const std::string& y) { return can_match_same_host(x, y); });
    });
}

std::vector<http::path_pattern> patterns_of(const route& of) {
    if (of.paths.empty()) return {http::path_pattern("/**")};
    return {of.paths.begin(), of.paths.end()};
}

bool can_match_same_path(const route& a, const route& b) {
    const auto others = patterns_of(b);
    for (const auto& x : patterns_of(a)) {
        if (std::any_of(others.begin(), others.end(),
                        [&x](const auto& y) { return http::can_match_same_path(x, y); }))
            return true;
    }
    return false;
}

bool has_method_besides(const route& has, const route& besides) {
    if (has.methods.empty()) return true;
    return std::any_of(has.methods.begin(), has.methods.end(), [&besides](const std::string& method) {
        return std::find(besides.methods.begin(), besides.methods.end(), method) == besides.methods.end();
    });
}

}  // namespace

// Host is the client's choice: a client that names the host of a loose route reaches the upstream that others
// protect.
void warn_of_loose_hosts(compiled_routes& in) {
    for (std::size_t i = 0; i < in.routes.size(); ++i) {
        const auto& loose = in.routes[i];
        if (loose.hosts.empty() || loose.needs >= in.defaults.mode) continue;
        const auto stricter = [&](const route& other) {
            return other.upstream == loose.upstream && other.needs > loose.needs &&
                   other.hosts != loose.hosts;
        };
        const auto found = std::find_if(in.routes.begin(), in.routes.end(), stricter);
        const bool by_default = loose.upstream == 0;  // what no route matches goes there too
        if (found == in.routes.end() && !by_default) continue;
        const auto other = found == in.routes.end() ? route_problem::no_other
                                                    : static_cast<std::size_t>(found - in.routes.begin());
        const std::string who = found == in.routes.end() ? "other hosts (auth.mode)" : found->where;
        in.warnings.push_back({i, other,
                               loose.where + ": auth: " + std::string(to_string(loose.needs)) +
                                   " holds for a host that shares its upstream with " + who +
                                   ", which is stricter. Each client chooses the host that it names"});
    }
}

// A '-' too many makes a route of its own of `auth: none`, which opens everything.
void warn_of_routes_for_everything(compiled_routes& in) {
    for (std::size_t i = 0; i < in.routes.size(); ++i) {
        const auto& open = in.routes[i];
        if (!open.hosts.empty() || !open.paths.empty() || open.needs >= in.defaults.mode) continue;
        in.warnings.push_back(
            {i, route_problem::no_other,
             open.where + ": auth: " + std::string(to_string(open.needs)) +
                 " holds for every path and every host, because the route names none. If that is "
                 "meant, write path: /**"});
    }
}

void warn_of_partial_denials(compiled_routes& in) {
    for (std::size_t i = 0; i < in.routes.size(); ++i) {
        const auto& denial = in.routes[i];
        if (denial.needs != route_access::deny || denial.methods.empty()) continue;
        for (std::size_t k = 0; k < in.routes.size(); ++k) {
            const auto& other = in.routes[k];
            const bool opens = other.needs == route_access::none || other.needs == route_access::optional;
            if (!opens || !has_method_besides(other, denial) || !can_match_same_host(denial, other) ||
                !can_match_same_path(denial, other))
                continue;
            in.warnings.push_back({i, k,
                                   denial.where + ": auth: deny holds for some methods alone, and " +
                                       other.where + " opens the same path to others"});
        }
    }
}

void warn_of_same_plain_forms(compiled_routes& in) {
    if (in.all_plain) return;
    for (const auto& level : in.levels) {
        for (const auto* group : in.trie.groups_of(level.plain)) {
            for (std::size_t i = 0; i < group->rules.size(); ++i) {
                for (std::size_t k = i + 1; k < group->rules.size(); ++k) {
                    const auto& a = group->rules[i];
                    const auto& b = group->rules[k];
                    const bool meet = a.methods == 0 || b.methods == 0 || (a.methods & b.methods) != 0;
                    if (a.pattern == b.pattern || a.needs == b.needs || !meet) continue;
                    const auto strict = std::max(a.needs, b.needs);
                    in.warnings.push_back(
                        {a.route, b.route,
                         in_words(in, a) + " and " + in_words(in, b) +
                             " are the same to servers that ignore case, escapes or a slash at "
                             "the end: auth: " +
                             std::string(to_string(strict)) + " counts for both"});
                }
            }
        }
    }
}

}  // namespace gate::auth
