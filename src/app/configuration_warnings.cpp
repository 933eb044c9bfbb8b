#include <gate/app/answer_checks.hpp>
#include <gate/app/configuration_warnings.hpp>
#include <gate/app/fleet_checks.hpp>
#include <gate/app/route_checks.hpp>
#include <gate/app/socket_checks.hpp>

#include <utility>

namespace gate::app {

std::vector<std::string> configuration_warnings(const config::config& options) {
    auto out = answer_warnings(options);
    for (auto& each : socket_warnings(options)) out.push_back(std::move(each));
    for (auto& each : fleet_warnings(options)) out.push_back(std::move(each));
    for (auto& each : route_warnings(options)) out.push_back(std::move(each));
    return out;
}

}  // namespace gate::app
