#include "compiled_routes.hpp"

#include <gate/config/problem.hpp>
#include <gate/core/text.hpp>
#include <gate/http/host_pattern.hpp>

#include <algorithm>
#include <array>

namespace gate::auth {
namespace {

constexpr std::string_view below_everything = "/**";
constexpr std::size_t most_methods = 63;
constexpr std::size_t most_rules = 100'000;

std::size_t times(const std::vector<std::string>& list) noexcept {
    return std::max<std::size_t>(list.size(), 1);
}

class compiler {
public:
    compiler(std::vector<route> routes, const route_defaults& defaults) {
        out_.routes = std::move(routes);
        out_.defaults = defaults;
        add_level({});
    }

    compiled_routes run() {
        check_routes();
        if (!out_.errors.empty()) return std::move(out_);
        for (const auto& each : out_.routes) {
            for (const auto& host : each.hosts) level_named(host);
        }
        link_levels();
        add_other_roots();
        for (std::size_t i = 0; i < out_.routes.size(); ++i) add_route(i);
        out_.trie.sort();
        find_ties();
        set_flags();
        return std::move(out_);
    }

private:
    void blame(std::size_t index, const std::string& message) {
        out_.errors.push_back({index, route_problem::no_other, out_.routes[index].where + ": " + message});
    }

    void check_routes() {
        std::size_t rules = 0;
        for (std::size_t i = 0; i < out_.routes.size(); ++i) {
            const auto& each = out_.routes[i];
            for (const auto& path : each.paths) check(i, "path", path, http::check_path_pattern(path));
            for (const auto& host : each.hosts) check(i, "host", host, http::check_host_pattern(host));
            for (const auto& method : each.methods) check_method(i, method);
            const bool has_options =
                std::find(each.methods.begin(), each.methods.end(), "OPTIONS") != each.methods.end();
            if (each.preflight && !each.methods.empty() && !has_options)
                blame(i, "preflight needs OPTIONS among the methods of the route");
            rules += times(each.hosts) * times(each.paths);
        }
        if (rules > most_rules)
            blame(out_.routes.size() - 1, "the routes have more than 100000 pairs of a host and a path");
    }

    void check(std::size_t index, const char* key, const std::string& text, const std::string& problem) {
        if (!problem.empty()) blame(index, std::string(key) + " " + config::in_quotes(text) + " " + problem);
    }

    void check_method(std::size_t index, const std::string& method) {
        const auto is_wrong = [](char c) {
            return c <= 0x20 || c == 0x7f || (c >= 'a' && c <= 'z') || c < 0;
        };
        if (method.empty() || std::any_of(method.begin(), method.end(), is_wrong))
            return blame(index, "a method must be a name in upper case");
        if (std::find(out_.methods.begin(), out_.methods.end(), method) != out_.methods.end()) return;
        if (out_.methods.size() == most_methods) return blame(index, "the routes list more than 63 methods");
        out_.methods_by_name.add(0, method, static_cast<std::uint32_t>(out_.methods.size()));
        out_.methods.push_back(method);
    }

    std::uint32_t add_level(const std::string& host) {
        out_.levels.push_back({host, host_level::last, out_.trie.add_root(), 0, 0});
        return static_cast<std::uint32_t>(out_.levels.size() - 1);
    }

    std::uint32_t level_named(const std::string& host) {
        const bool is_wildcard = host.starts_with('*');
        auto& hosts = is_wildcard ? out_.wildcard_hosts : out_.exact_hosts;
        const auto name = is_wildcard ? std::string_view(host).substr(1) : std::string_view(host);
        const auto known = hosts.find(0, name);
        if (known != text_table::absent) return known;
        const auto made = add_level(host);
        hosts.add(0, name, made);
        return made;
    }

    // Each level goes on with the longest wildcard that matches all its hosts.
    void link_levels() {
        for (auto& level : out_.levels) {
            if (level.host.empty()) continue;
            level.next = 0;
            const bool is_wildcard = level.host.starts_with('*');
            const auto name = std::string_view(level.host).substr(is_wildcard ? 2 : 0);
            for (auto dot = name.find('.'); dot != name.npos; dot = name.find('.', dot + 1)) {
                const auto wider = out_.wildcard_hosts.find(0, name.substr(dot));
                if (wider == text_table::absent) continue;
                level.next = wider;
                break;
            }
        }
    }

    std::uint32_t pattern_index(const std::string& text) {
        const auto known = pattern_indexes_.find(0, text);
        if (known != text_table::absent) return known;
        const auto made = static_cast<std::uint32_t>(out_.patterns.size());
        out_.patterns.emplace_back(text);
        pattern_indexes_.add(0, text, made);
        return made;
    }

    // Separate trees, where some pattern is not in plain form.
    void add_other_roots() {
        for (const auto& each : out_.routes) {
            for (const auto& path : each.paths)
                out_.all_plain = out_.all_plain && out_.patterns[pattern_index(path)].is_plain();
        }
        for (auto& level : out_.levels) {
            level.plain = out_.all_plain ? level.raw : out_.trie.add_root();
            level.lower = out_.all_plain ? level.raw : out_.trie.add_root();
        }
    }

    void add_route(std::size_t index) {
        const auto& each = out_.routes[index];
        route_rule rule;
        for (const auto& method : each.methods) rule.methods |= out_.method_bit(method);
        rule.route = static_cast<std::uint32_t>(index);
        rule.needs = each.needs;
        rule.shadow = each.shadow;
        rule.preflight = each.preflight;
        const std::vector<std::string> every{std::string(below_everything)};
        for (const auto& path : each.paths.empty() ? every : each.paths) {
            rule.pattern = pattern_index(path);
            rule.is_plain = out_.all_plain || out_.patterns[rule.pattern].is_plain();
            if (each.hosts.empty()) add_rule(0, rule);
            for (const auto& host : each.hosts) add_rule(level_named(host), rule);
        }
    }

    void add_rule(std::uint32_t level, const route_rule& rule) {
        const auto& [host, next, raw, plain, lower] = out_.levels[level];
        const auto& pattern = out_.patterns[rule.pattern];
        out_.trie.add(raw, pattern, rule);
        if (out_.all_plain) return;
        const auto plain_pattern = pattern.plain_form();
        const auto lower_pattern = pattern.lower_form();
        out_.trie.add(plain, plain_pattern, rule);
        out_.trie.add(lower, lower_pattern, rule);
        if (plain_pattern != lower_pattern) out_.trie.add(lower, plain_pattern, rule);
    }

    void find_ties() {
        for (const auto& level : out_.levels) {
            for (const auto* group : out_.trie.groups_of(level.raw)) find_ties_in(*group, level.host);
        }
    }

    // Rules of the same pattern and host: two with a common method, or two without methods.
    void find_ties_in(const rule_group& group, const std::string& host) {
        for (std::size_t i = 0; i < group.rules.size(); ++i) {
            for (std::size_t k = i + 1; k < group.rules.size(); ++k) {
                const auto& a = group.rules[i];
                const auto& b = group.rules[k];
                const bool is_tie = (a.methods == 0 && b.methods == 0) || (a.methods & b.methods) != 0;
                if (a.route == b.route || !is_tie) continue;
                const auto& [first, second] = std::minmax(a.route, b.route);
                const std::string for_host = host.empty() ? "" : " for the host " + host;
                const auto what = config::in_quotes(out_.patterns[a.pattern].text());
                auto message = out_.routes[first].where;
                message.append(" and ").append(out_.routes[second].where).append(" both match ").append(what);
                message.append(for_host).append(", and none is more specific: no request could choose");
                out_.errors.push_back({first, second, std::move(message)});
            }
        }
    }

    void set_flags() {
        const auto& defaults = out_.defaults;
        out_.get_bit = out_.method_bit("GET");
        out_.head_bit = out_.method_bit("HEAD");
        out_.has_shadow = defaults.shadow;
        out_.all_in_shadow = defaults.shadow;
        for (const auto& each : out_.routes) {
            out_.has_routes = out_.has_routes || !each.is_public_path;
            out_.has_shadow = out_.has_shadow || each.shadow;
            out_.all_in_shadow = out_.all_in_shadow && each.shadow;
            out_.access_differs = out_.access_differs || each.needs != defaults.mode;
            const bool is_like_default = each.needs == defaults.mode && each.shadow == defaults.shadow &&
                                         each.preflight == defaults.preflight;
            out_.is_uniform = out_.is_uniform && is_like_default;
        }
        out_.has_hosts = out_.levels.size() > 1;
        out_.beginning = out_.trie.beginning_of(out_.levels.front().raw);
        out_.is_simple = !out_.has_hosts && !out_.has_shadow && out_.all_plain;
    }

    compiled_routes out_;
    text_table pattern_indexes_;
};

}  // namespace

std::uint32_t compiled_routes::level_of(std::string_view host) const noexcept {
    const auto exact = exact_hosts.find(0, host);
    if (exact != text_table::absent) return exact;
    if (wildcard_hosts.empty()) return 0;
    for (auto dot = host.find('.'); dot != host.npos; dot = host.find('.', dot + 1)) {
        const auto wildcard = wildcard_hosts.find(0, host.substr(dot));
        if (wildcard != text_table::absent) return wildcard;
    }
    return 0;
}

std::uint64_t compiled_routes::method_bit(std::string_view method) const noexcept {
    const auto bit = methods_by_name.find(0, method);
    return bit == text_table::absent ? unlisted_method : 1ULL << bit;
}

std::uint64_t compiled_routes::other_method_bits(std::string_view method) const noexcept {
    const auto own = method_bit(method);
    // Listed methods are in upper case.
    if (own != unlisted_method) return own == head_bit ? own | get_bit : own;
    constexpr std::size_t longest = 32;
    std::array<char, longest> text;
    if (methods.empty() || method.size() > longest) return own;
    std::transform(method.begin(), method.end(), text.begin(), [](char c) { return core::to_upper(c); });
    const std::string_view upper(text.data(), method.size());
    return own | method_bit(upper) | (upper == "HEAD" ? get_bit : own);
}

compiled_routes compile(std::vector<route> routes, const route_defaults& defaults) {
    auto out = compiler(std::move(routes), defaults).run();
    if (!out.errors.empty()) return out;
    warn_of_loose_hosts(out);
    warn_of_routes_for_everything(out);
    warn_of_partial_denials(out);
    warn_of_same_plain_forms(out);
    return out;
}

std::string in_words(const compiled_routes& in, const route_rule& rule) {
    return config::in_quotes(in.patterns[rule.pattern].text()) + " of " + in.routes[rule.route].where;
}

}  // namespace gate::auth
