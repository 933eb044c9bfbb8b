#pragma once
// The command line: gate-sidecar [--config FILE] [SUBCOMMAND].

#include <string>
#include <vector>

namespace gate::app {

// Exit codes, for scripts and orchestrators.
inline constexpr int exit_clean = 0;
inline constexpr int exit_failure = 1;             // the answer is no, or the work failed
inline constexpr int exit_usage = 2;               // the command line, or what standard input holds
inline constexpr int exit_not_asked = 3;           // Gate could not be asked
inline constexpr int exit_bad_configuration = 78;  // EX_CONFIG of sysexits.h

// Does what the arguments say; the exit code. `warnings`: of the start, for the log.
int run_command_line(int argc, char** argv, std::vector<std::string> warnings);

}  // namespace gate::app
