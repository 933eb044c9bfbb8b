#include <gate/app/command_line.hpp>
#include <gate/app/commands.hpp>
#include <gate/app/configuration_warnings.hpp>
#include <gate/app/descriptors.hpp>
#include <gate/app/operator_client.hpp>
#include <gate/app/route_checks.hpp>
#include <gate/app/running_sidecars.hpp>
#include <gate/app/secret_memory.hpp>
#include <gate/app/server.hpp>
#include <gate/config/print.hpp>
#include <gate/config/scalars.hpp>
#include <gate/telemetry/build_info.hpp>

#include <csignal>
#include <cstring>
#include <iostream>
#include <vector>

#include <unistd.h>

namespace gate::app {
namespace {

constexpr std::chrono::seconds patience{2};  // of healthcheck

void print_problems(const config::loaded& loaded) {
    for (const auto& problem : loaded.problems) std::cerr << to_string(problem) << '\n';
}

std::string_view why_not_one(const running_sidecars& found) {
    if (!found.pids.empty()) return "several gate-sidecar processes are running: choose one with --pid";
    if (!found.some_are_hidden) return "no running gate-sidecar was found";
    return "no running gate-sidecar was found, but /proc does not show all processes (it is not mounted, or "
           "mounted with hidepid): run this command as the user of gate-sidecar, or choose its process with "
           "--pid";
}

}  // namespace

int serve(started_with start, std::vector<std::string> warnings) {
    auto& loaded = start.loaded;
    if (!loaded.ok()) return validate(loaded);
    auto inherited = net::inherited_sockets::take();
    const auto missing = missing_sockets(loaded.value, inherited);
    for (const auto& each : missing) std::cerr << each << '\n';
    if (!missing.empty()) return exit_bad_configuration;
    std::signal(SIGPIPE, SIG_IGN);
    if (may_be_dumped())
        warnings.push_back(std::string(dumpable_variable) +
                           " is set: core dumps and debuggers may show tokens and keys");
    if (auto lowered = fit_to_descriptors(loaded.value, worker_count(loaded.value)))
        warnings.push_back(std::move(*lowered));
    warnings.insert(warnings.end(), loaded.warnings.begin(), loaded.warnings.end());
    for (auto& each : configuration_warnings(loaded.value)) warnings.push_back(std::move(each));
    server running(std::move(start), take_service_variables(), std::move(inherited), std::move(warnings));
    return running.run();
}

int validate(const config::loaded& loaded) {
    print_problems(loaded);
    if (!loaded.ok()) return exit_bad_configuration;
    for (const auto& each : loaded.warnings) std::cerr << "warning: " << each << '\n';
    for (const auto& each : configuration_warnings(loaded.value)) std::cerr << "warning: " << each << '\n';
    std::cout << "the configuration is valid\n";
    return exit_clean;
}

int print_config(const config::loaded& loaded) {
    if (!loaded.ok()) return validate(loaded);
    std::cout << config::render(loaded) << render_compiled_order(loaded.value);
    return exit_clean;
}

int healthcheck(const config::loaded& loaded, const std::string& status) {
    if (!loaded.ok()) return validate(loaded);
    auto where = loaded.value.status.address;
    if (!status.empty()) {
        const auto given = config::parse_listen_address(status);
        if (!given) {
            std::cerr << "--status: " << given.error() << '\n';
            return exit_usage;
        }
        where = *given;
    }
    if (where.is_from_systemd()) {
        std::cerr << "the configuration does not say where the socket " << where.systemd_name
                  << " of systemd is: name its address by --status\n";
        return exit_failure;
    }
    const auto answer = ask_readiness(where, loaded.value.status.tls.is_on(), core::clock::now() + patience);
    if (answer.status == 200) return exit_clean;
    std::cerr << (!answer.unsent.empty() ? "status.address " + answer.unsent
                  : answer.status == 0   ? "no answer at " + config::format_listen_address(where) +
                                             " (status.address): is the sidecar running?"
                                       : answer.status_line)
              << '\n';
    return exit_failure;
}

int drain(std::optional<int> pid) {
    if (!pid) {
        const auto found = find_running_sidecars();
        if (found.pids.size() != 1) {
            std::cerr << why_not_one(found) << '\n';
            return exit_failure;
        }
        pid = found.pids.front();
    }
    if (::kill(*pid, SIGUSR1) == 0) return exit_clean;
    std::cerr << "cannot signal process " << *pid << ": " << std::strerror(errno) << '\n';
    return exit_failure;
}

std::string version_line() {
    return "gate-sidecar " + std::string(telemetry::version()) + " (" + std::string(telemetry::revision()) +
           ")";
}

}  // namespace gate::app
