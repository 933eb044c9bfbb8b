#include <gate/app/route_checks.hpp>
#include <gate/auth/policy.hpp>

namespace gate::app {
namespace {

config::problem problem_of(const auth::route_problem& what, const config::config& options,
                           const std::string& file) {
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
    for (const auto& each : policy.routes().warnings()) out.push_back(each.message);
    return out;
}

}  // namespace gate::app
