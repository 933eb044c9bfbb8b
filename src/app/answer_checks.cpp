#include <gate/app/answer_checks.hpp>

#include <algorithm>

namespace gate::app {
namespace {

using config::access_level;

bool is_loose(const config::route_options& route) {
    return route.auth == access_level::none || route.auth == access_level::optional;
}

}  // namespace

std::vector<std::string> answer_warnings(const config::config& options) {
    const auto& answer = options.answer;
    std::vector<std::string> out;
    if (!answer.address || answer.original != config::original_source::none) return out;
    const auto warn = [&out](const char* what) {
        out.push_back(std::string(what) +
                      " has no effect on answers while answer.original is none: every request that another "
                      "proxy asks about needs a token");
    };
    if (options.auth.mode == config::auth_mode::optional) warn("auth.mode: optional");
    if (!options.auth.public_paths.empty()) warn("auth.public_paths");
    if (options.auth.preflight) warn("auth.preflight");
    if (std::ranges::any_of(options.routes, is_loose)) warn("a route with auth: none or optional");
    return out;
}

}  // namespace gate::app
