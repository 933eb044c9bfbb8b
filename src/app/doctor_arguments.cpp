// The arguments of `doctor`.
#include "arguments.hpp"

#include <gate/app/command_line.hpp>
#include <gate/app/start.hpp>
#include <gate/config/scalars.hpp>

#include <iostream>

namespace gate::app {
namespace {

std::string is_url(const std::string& text) {
    const auto parsed = config::parse_url(text);
    return parsed ? std::string() : parsed.error();
}

std::string problem_with_admin(const std::string& address) {
    const auto parsed = config::parse_listen_address(address);
    return parsed || address.empty() ? std::string() : parsed.error();
}

}  // namespace

void add_doctor_command(CLI::App& app, arguments& given) {
    auto* command = app.add_subcommand(
        "doctor", "Look at the whole deployment, and say what is wrong and how to put it right");
    auto& what = given.examined;
    command
        ->add_option("--url", what.url,
                     "URL of the API as its clients see it: look at the whole way to this sidecar")
        ->check(is_url)
        ->type_name("URL");
    command->add_option("--ca-file", what.ca_file, "With --url: authorities to trust, PEM")
        ->needs("--url")
        ->check(CLI::ExistingFile)
        ->type_name("FILE");
    command->add_flag("--deep", what.goes_deep, "With --url: send malformed requests that way, too")
        ->needs("--url");
    command->add_flag("--json", what.as_json, "Print JSON");
    command->add_option("--section", what.sections, "Look at this section alone; can be repeated")
        ->allow_extra_args(false)
        ->check(
            CLI::IsMember(std::vector<std::string>(doctor::all_sections.begin(), doctor::all_sections.end())))
        ->type_name("NAME");
    command
        ->add_option("--pod-grace", what.pod_grace,
                     "terminationGracePeriodSeconds of the Pod (default: 30 in Kubernetes)")
        ->type_name("SECONDS");
    add_admin_option(*command, given);
    command->callback([&given] {
        given.command = [&given] {
            if (const auto problem = problem_with_admin(given.admin); !problem.empty()) {
                std::cerr << "--admin: " << problem << '\n';
                return exit_usage;
            }
            auto loaded = load(given.file, true);
            check_tls_files(loaded, given.file);
            given.examined.admin = given.admin;
            return run_doctor(given.file, loaded, given.examined);
        };
    });
}

}  // namespace gate::app
