#include <gate/app/command_line.hpp>
#include <gate/app/commands.hpp>

#include <CLI/CLI.hpp>

#include <cstdlib>

namespace gate::app {
namespace {

config::loaded load(const std::string& file, bool require_secret_key) {
    config::load_input input;
    if (!file.empty()) input.file = file;
    input.environment = config::process_variable;
    input.environment_names = config::process_variable_names();
    input.require_secret_key = require_secret_key;
    return config::load(input);
}

}  // namespace

int run_command_line(int argc, char** argv) {
    CLI::App app{"Authenticating reverse proxy for APIs whose callers hold Gate agent tokens.",
                 "gate-sidecar"};
    app.set_help_flag("-h,--help", "Print this help and exit");
    std::string file;
    app.add_option("-c,--config", file,
                   "Configuration file (YAML); without one, defaults and the environment count")
        ->envname("GATE_SIDECAR_CONFIG")
        ->type_name("FILE");
    app.fallthrough();
    app.require_subcommand(0, 1);

    std::optional<int> pid;
    auto* validate_command = app.add_subcommand("validate", "Check the configuration and print all problems");
    auto* print_command =
        app.add_subcommand("print-config", "Print the effective configuration and its sources");
    auto* health_command = app.add_subcommand("healthcheck", "Ask the running process whether it is ready");
    auto* drain_command = app.add_subcommand("drain", "Tell the running process to drain (SIGUSR1)");
    drain_command->add_option("--pid", pid, "Process to tell")->check(CLI::PositiveNumber);
    auto* version_command = app.add_subcommand("version", "Print the version");

    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? exit_clean : exit_usage;
    }
    if (version_command->parsed()) return print_version();
    if (drain_command->parsed()) return drain(pid);
    if (validate_command->parsed()) return validate(load(file, true));
    if (print_command->parsed()) return print_config(load(file, false));
    if (health_command->parsed()) return healthcheck(load(file, false));
    return serve(load(file, true));
}

}  // namespace gate::app
