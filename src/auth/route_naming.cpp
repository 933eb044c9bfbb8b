#include "compiled_routes.hpp"

#include <gate/http/host_pattern.hpp>

#include <algorithm>

namespace gate::auth {

bool route_table::names(const route_request& asked) const {
    const auto& in = *compiled_;
    const auto methods = in.method_bits(asked.method);
    const auto is_named_by = [&](const route_rule& rule) {
        return rule.has_method(methods) && rule.needs != route_access::deny &&
               in.patterns[rule.pattern].text() == asked.path;
    };
    const http::comparable_host host(asked.host);
    std::uint32_t level = in.has_hosts && host.is_known() ? in.level_of(host.name()) : 0;
    for (; level != host_level::last; level = in.levels[level].next) {
        bool is_named = false;
        in.trie.visit(in.levels[level].raw, asked.path, [&](const rule_group& group) {
            is_named = std::ranges::any_of(group.rules, is_named_by);
            return is_named;
        });
        if (is_named) return true;
    }
    return false;
}

}  // namespace gate::auth
