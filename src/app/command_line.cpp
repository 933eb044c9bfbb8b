#include "arguments.hpp"

#include <gate/app/command_line.hpp>
#include <gate/app/gate_commands.hpp>
#include <gate/app/route_checks.hpp>
#include <gate/config/secret.hpp>
#include <gate/core/token_mask.hpp>

#include <iostream>
#include <sstream>
#include <string>

namespace gate::app {

config::loaded load(const std::string& file, bool require_secret_key) {
    config::load_input input;
    if (!file.empty()) input.file = file;
    input.environment = config::process_variable;
    input.environment_names = config::process_variable_names();
    input.require_secret_key = require_secret_key;
    auto loaded = config::load(input);
    check_routes(loaded, file);
    for (const auto name : config::secret_variables()) config::wipe_process_variable(name);
    return loaded;
}

namespace {

void add_configuration_commands(CLI::App& app, arguments& given) {
    app.add_subcommand("validate", "Check the configuration and print all problems")->callback([&given] {
        given.command = [&given] {
            auto loaded = load(given.file, true);
            check_tls_files(loaded, given.file);
            return validate(loaded);
        };
    });
    app.add_subcommand("print-config", "Print the effective configuration and its sources")
        ->callback([&given] { given.command = [&given] { return print_config(load(given.file, false)); }; });
}

void add_process_commands(CLI::App& app, arguments& given) {
    auto* asking = app.add_subcommand("healthcheck", "Ask the running process whether it is ready");
    asking
        ->add_option("--status", given.status,
                     "Status listener of the process (default: status.address of the configuration)")
        ->type_name("ADDRESS");
    asking->callback([&given] {
        given.command = [&given] { return healthcheck(load(given.file, false), given.status); };
    });
    auto* draining = app.add_subcommand("drain", "Tell the running process to drain (SIGUSR1)");
    draining->add_option("--pid", given.pid, "Process ID")->check(CLI::PositiveNumber);
    draining->callback([&given] { given.command = [&given] { return drain(given.pid); }; });
    auto* reloading = app.add_subcommand(
        "reload", "Tell the running process to reload its configuration, and wait for the result");
    add_admin_option(*reloading, given);
    reloading->callback(
        [&given] { given.command = [&given] { return reload(load(given.file, false), given.admin); }; });
}

void add_gate_commands(CLI::App& app, arguments& given) {
    app.add_subcommand("verify",
                       "Tell which form of the call Gate understands, whether it accepts the key, and "
                       "what it says of the token on standard input, if there is one")
        ->callback([&given] { given.command = [&given] { return check_gate(load(given.file, true)); }; });
    app.add_subcommand("revoke", "Revoke the agent token on standard input")->callback([&given] {
        given.command = [&given] { return revoke_token(load(given.file, false)); };
    });
}

int explain(const arguments& given) {
    if (given.of_request) return explain_request(load(given.file, false), given.over);
    return explain_reasons(given.codes, given.as_page ? explain_format::markdown : explain_format::text);
}

void add_explain_command(CLI::App& app, arguments& given) {
    auto* command = app.add_subcommand("explain", "Explain reasons, or show the decision for a request");
    command->add_option("code", given.codes, "Reasons to explain (default: all)")->type_name("CODE");
    auto* request = command->add_flag("--request", given.of_request,
                                      "Show the decision for the request head on standard input");
    auto* page = command->add_flag("--markdown", given.as_page, "Print the reasons as a page");
    request->excludes("code")->excludes(page);
    command
        ->add_option("--server-name", given.over.server_name,
                     "With --request: it comes over TLS, for this name (SNI)")
        ->needs(request)
        ->type_name("NAME");
    command
        ->add_option("--listener", given.over.listener,
                     "With --request: the listener that it comes in by (default: the first)")
        ->needs(request)
        ->type_name("NAME");
    command
        ->add_option("--client-name", given.over.client_names,
                     "With --request: a DNS name or URI in the client's certificate; can be repeated")
        ->needs(request)
        ->allow_extra_args(false)
        ->type_name("NAME");
    command->callback([&given] { given.command = [&given] { return explain(given); }; });
}

}  // namespace

int run_command_line(int argc, char** argv, std::vector<std::string> warnings) {
    CLI::App app{"Authenticating reverse proxy for APIs whose callers hold Gate agent tokens.",
                 "gate-sidecar"};
    app.set_help_flag("-h,--help", "Print this help and exit");
    arguments given;
    given.warnings = std::move(warnings);
    app.add_option("-c,--config", given.file,
                   "Configuration file (YAML); without it, defaults and environment variables apply")
        ->envname("GATE_SIDECAR_CONFIG")
        ->type_name("FILE");
    app.fallthrough();
    app.require_subcommand(0, 1);
    add_configuration_commands(app, given);
    add_process_commands(app, given);
    add_admin_commands(app, given);
    add_gate_commands(app, given);
    add_explain_command(app, given);
    add_doctor_command(app, given);
    app.set_version_flag("--version", version_line, "Print the version and exit");
    app.add_subcommand("version", "Print the version")->callback([&given] {
        given.command = [] {
            std::cout << version_line() << '\n';
            return exit_clean;
        };
    });
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        std::ostringstream problem;  // quotes the arguments (rule 25)
        const int code = app.exit(error, std::cout, problem);
        std::cerr << core::without_tokens(problem.str());
        return code == 0 ? exit_clean : exit_usage;
    }
    return given.command();
}

}  // namespace gate::app
