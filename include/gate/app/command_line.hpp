#pragma once
// The command line: gate-sidecar [--config FILE] [SUBCOMMAND].

namespace gate::app {

// Exit codes, for scripts and orchestrators.
inline constexpr int exit_clean = 0;
inline constexpr int exit_failure = 1;             // at run time
inline constexpr int exit_usage = 2;               // the command line
inline constexpr int exit_bad_configuration = 78;  // EX_CONFIG of sysexits.h

// Does what the arguments say; the exit code.
int run_command_line(int argc, char** argv);

}  // namespace gate::app
