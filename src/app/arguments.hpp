#pragma once
// What the arguments of the command line have set, and what they ask for.

#include <gate/app/admin_commands.hpp>
#include <gate/app/commands.hpp>
#include <gate/app/doctor/doctor.hpp>
#include <gate/app/explain.hpp>
#include <gate/config/load.hpp>

#include <CLI/CLI.hpp>

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace gate::app {

config::loaded load(const std::string& file, bool require_secret_key);

struct arguments {
    std::string file;
    std::string admin;
    std::string status;
    std::optional<int> pid;
    std::string account;
    std::string time;
    log_level_change log;
    std::vector<std::string> codes;
    connection_shown over;
    doctor::questions examined;
    bool of_request = false;
    bool as_page = false;
    std::function<int()> command = [this] { return serve(read_start(file), std::move(warnings)); };
    std::vector<std::string> warnings;  // of the start
};

void add_admin_option(CLI::App& command, arguments& given);
// block, unblock and log-level (admin_arguments.cpp).
void add_admin_commands(CLI::App& app, arguments& given);
void add_doctor_command(CLI::App& app, arguments& given);

}  // namespace gate::app
