#include <gate/app/route_checks.hpp>
#include <gate/auth/policy.hpp>

#include <algorithm>

namespace gate::app {
namespace {

// More would push other lines out of the log.
constexpr std::size_t most_warnings = 50;

config::problem problem_of(const auth::route_problem& what, const config::config& options,
                           const std::string& name) {
    const auto file = name.empty() ? std::string("configuration") : name;
    if (what.first >= options.routes.size()) return {file, what.message, {}};
    const auto& at = options.routes[what.first].at;
    return {file + ":" + std::to_string(at.line) + ":" + std::to_string(at.column),
            what.message,
            {at.line, at.column}};
}

}  // namespace

void check_routes(config::loaded& of, const std::string& file) {
    if (!of.ok()) return;
    const auth::access_policy policy(of.value);
    for (const auto& each : policy.routes().errors()) of.problems.push_back(problem_of(each, of.value, file));
}

std::vector<std::string> route_warnings(const config::config& options) {
    std::vector<std::string> out;
    const auth::access_policy policy(options);
    const auto& all = policy.routes().warnings();
    for (std::size_t i = 0; i < std::min(all.size(), most_warnings); ++i) out.push_back(all[i].message);
    if (all.size() > most_warnings)
        out.push_back("and " + std::to_string(all.size() - most_warnings) + " more warnings about routes");
    return out;
}

std::string render_compiled_order(const config::config& options) {
    if (options.routes.empty()) return {};
    const auth::access_policy policy(options);
    std::string out = "# The order in which these rules are tried:\n";
    std::string_view host = "none yet";
    const auto order = policy.routes().compiled_order();
    for (const auto& each : order) {
        if (each.host != host)
            out += "#   " + (each.host.empty() ? "every host" : "host " + each.host) + "\n";
        host = each.host;
        const auto& route = policy.routes().routes()[each.route];
        out += "#     " + each.path;
        for (const auto& method : each.methods) out += ' ' + method;
        out += ": auth: " + std::string(to_string(route.needs));
        if (route.shadow) out += ", in shadow";
        if (route.upstream != 0) out += ", upstream " + options.upstreams[route.upstream - 1].name;
        out += "  (" + route.where + ")\n";
    }
    return out + "#   no rule: auth: " + std::string(to_string(auth::defaults_of(options.auth).mode)) +
           "  (auth.mode)\n";
}

}  // namespace gate::app
