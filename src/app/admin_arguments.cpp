// The subcommands that go through the admin listener of the running process.
#include "arguments.hpp"

namespace gate::app {

void add_admin_option(CLI::App& command, arguments& given) {
    command
        .add_option("--admin", given.admin,
                    "Admin listener of the process (default: admin.address of the configuration)")
        ->type_name("ADDRESS");
}

namespace {

void add_block_commands(CLI::App& app, arguments& given) {
    auto* block =
        app.add_subcommand("block", "Refuse an account in the running process, and end what runs for it");
    block->add_option("account", given.account, "ID of the account")->required()->type_name("ACCOUNT");
    block
        ->add_option("--for", given.time,
                     "How long, such as 90m (default: until unblock, or the end of the process)")
        ->type_name("TIME");
    add_admin_option(*block, given);
    block->callback([&given] {
        given.command = [&given] {
            return block_account(load(given.file, false), given.admin, given.account, given.time);
        };
    });
    auto* unblock = app.add_subcommand("unblock", "End the block of an account in the running process");
    unblock->add_option("account", given.account, "ID of the account")->required()->type_name("ACCOUNT");
    add_admin_option(*unblock, given);
    unblock->callback([&given] {
        given.command = [&given] {
            return unblock_account(load(given.file, false), given.admin, given.account);
        };
    });
}

void add_log_command(CLI::App& app, arguments& given) {
    auto* command = app.add_subcommand("log-level", "Show or change what the running process logs");
    auto* level = command->add_option("level", given.log.level, "debug, info, warn or error (default: show)")
                      ->type_name("LEVEL");
    auto* account = command->add_option("--account", given.log.account, "Log every request of this account")
                        ->needs(level)
                        ->type_name("ACCOUNT");
    command->add_option("--token-fingerprint", given.log.token_fingerprint, "Log every request of this token")
        ->needs(level)
        ->excludes(account)
        ->type_name("HEX");
    command->add_option("--for", given.log.time, "How long, such as 10m (default: until the next change)")
        ->needs(level)
        ->type_name("TIME");
    add_admin_option(*command, given);
    command->callback([&given] {
        given.command = [&given] { return log_level(load(given.file, false), given.admin, given.log); };
    });
}

}  // namespace

void add_admin_commands(CLI::App& app, arguments& given) {
    add_block_commands(app, given);
    add_log_command(app, given);
}

}  // namespace gate::app
