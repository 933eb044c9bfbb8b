#include <gate/auth/policy.hpp>
#include <gate/config/problem.hpp>
#include <gate/core/text.hpp>

#include <algorithm>
#include <utility>

namespace gate::auth {
namespace {

using http::field_id;

// 0: the default one. Loading has refused names that do not exist.
std::size_t upstream_of(const config::route_options& from, const config::config& options) {
    if (from.upstream.empty()) return 0;
    const auto found = std::ranges::find(options.upstreams, from.upstream, &config::named_upstream::name);
    return found == options.upstreams.end() ? 0
                                            : static_cast<std::size_t>(found - options.upstreams.begin()) + 1;
}

std::string place_of(std::string what, const config::source_line& at) {
    if (at.line != 0) what += " (line " + std::to_string(at.line) + ")";
    return what;
}

// auth.preflight is not for a route that matches no preflight.
bool can_be_preflight(const std::vector<std::string>& methods) {
    return methods.empty() || std::ranges::find(methods, "OPTIONS") != methods.end();
}

route route_of(const config::route_options& from, std::size_t index, const config::config& options) {
    const auto defaults = defaults_of(options.auth);
    return {.hosts = from.hosts,
            .paths = from.paths,
            .methods = from.methods,
            .needs = from.auth.value_or(defaults.mode),
            .shadow = from.shadow.value_or(defaults.shadow),
            .preflight = from.preflight.value_or(defaults.preflight && can_be_preflight(from.methods)),
            .log = from.log,
            .name = from.name,
            .upstream = upstream_of(from, options),
            .timeouts = {from.response_timeout, from.stream_idle_timeout, from.body_timeout},
            .where = place_of("routes[" + std::to_string(index) + "]", from.at)};
}

bool moves_method(std::string_view name) noexcept {
    return core::iequals(name, "x-http-method") || core::iequals(name, "x-http-method-override") ||
           core::iequals(name, "x-method-override");
}

// A list counts as each of its members: some servers take the first, some proxies join fields.
void add_methods(std::string_view list, std::vector<std::string_view>& into) {
    for (;;) {
        const auto comma = list.find(',');
        into.push_back(core::trim(list.substr(0, comma)));
        if (comma == std::string_view::npos) return;
        list.remove_prefix(comma + 1);
    }
}

// Rule 7: what the fields that move a request ask for, where they reach the upstream.
[[gnu::noinline]] void read_overrides(const http::request_head& head, policy_scratch& into) {
    for (const auto& field : head.fields) {
        if (field.id != field_id::rerouting_passed) continue;
        if (moves_method(field.name)) {
            add_methods(field.value, into.methods);
        } else {
            into.paths.push_back(field.value);
        }
    }
}

}  // namespace

std::vector<route> routes_of(const config::config& options) {
    std::vector<route> out;
    for (std::size_t i = 0; i < options.routes.size(); ++i)
        out.push_back(route_of(options.routes[i], i, options));
    const auto& paths = options.auth.public_paths;
    const auto& places = options.auth.public_path_places.each;
    for (std::size_t i = 0; i < paths.size(); ++i) {
        const auto at = i < places.size() ? places[i] : config::source_line{};
        out.push_back(public_path_route(paths[i], place_of("auth.public_paths", at)));
        out.back().shadow = options.auth.shadow;
        out.back().preflight = options.auth.preflight;
    }
    return out;
}

route_defaults defaults_of(const config::auth_options& options) noexcept {
    return {
        .mode = options.mode == config::auth_mode::optional ? route_access::optional : route_access::required,
        .shadow = options.shadow,
        .preflight = options.preflight};
}

access_policy::access_policy(std::vector<route> routes, const route_defaults& defaults,
                             const config::discovery_options& discovery)
    : routes_(std::move(routes), defaults), documents_(discovery), forwards_token_{0} {
    policy_scratch scratch;
    if (routes_.routes().empty()) decide_by_routes({}, scratch, same_for_all_.emplace());
}

access_policy::access_policy(const config::config& options)
    : access_policy(routes_of(options), defaults_of(options.auth), options.discovery) {
    forwards_token_.front() = options.upstream.forward_token;
    for (const auto& each : options.upstreams) forwards_token_.push_back(each.options.forward_token);
}

access_policy access_policy::token_for_all(const config::auth_options& options) {
    return {{}, {.mode = route_access::required, .shadow = options.shadow, .preflight = false}, {}};
}

access_policy access_policy::open_to_all() {
    return {{}, {.mode = route_access::none, .shadow = false, .preflight = false}, {}};
}

route_request access_policy::request_of(const http::request_facts& asked, policy_scratch& scratch) {
    route_request what{.method = asked.head.method_name, .path = asked.target.path, .host = asked.host};
    if (asked.head.has(field_id::rerouting_passed)) {
        scratch.methods.clear();
        scratch.paths.clear();
        read_overrides(asked.head, scratch);
        what.other_methods = scratch.methods;
        what.other_paths = scratch.paths;
    }
    return what;
}

void access_policy::decide_by_routes(const http::request_facts& asked, policy_scratch& scratch,
                                     route_decision& out) const {
    if (!asked.head.has(field_id::rerouting_passed) &&
        routes_.decide_simply(asked.head.method_name, asked.target.path, out))
        return;
    look_closer(asked, scratch, out);
}

// Apart, so that the short way saves no registers for it.
[[gnu::noinline]] void access_policy::look_closer(const http::request_facts& asked, policy_scratch& scratch,
                                                  route_decision& out) const {
    out = routes_.decide(request_of(asked, scratch), scratch.routes);
}

std::vector<std::string> access_policy::explain(const http::request_facts& asked) const {
    policy_scratch scratch;
    auto lines = routes_.explain(request_of(asked, scratch));
    std::string fields;
    for (const auto& each : asked.head.fields) {
        if (each.id == field_id::rerouting_passed)
            fields.append(fields.empty() ? "" : ", ").append(config::in_quotes(each.name));
    }
    if (!fields.empty())
        lines.push_back("override fields that reach the upstream (forwarded.pass): " + fields);
    return lines;
}

const http::page* access_policy::find_document(const http::request_facts& asked) const {
    const auto* found = documents_.find(asked.head.method_name, asked.target.path);
    if (found == nullptr) return nullptr;
    const route_request what{.method = asked.head.method_name, .path = asked.target.path, .host = asked.host};
    return routes_.names(what) ? nullptr : found;
}

}  // namespace gate::auth
