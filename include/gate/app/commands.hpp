#pragma once
// The subcommands. Each prints for people and returns an exit code.

#include <gate/app/start.hpp>

#include <optional>
#include <string>
#include <vector>

namespace gate::app {

// Serves until a signal ends it. `warnings`: of the start, for the log.
int serve(started_with start, std::vector<std::string> warnings);

// All problems of the configuration, one a line, on standard error.
int validate(const config::loaded& loaded);

// The effective configuration with where each value came from, secrets masked.
int print_config(const config::loaded& loaded);

// Asks /readyz of the running process: 0 if it is ready. For images without a shell. The process is the one
// whose status listener is at `status`, or where the configuration says if that is empty.
int healthcheck(const config::loaded& loaded, const std::string& status);

// Tells a running process to drain: `pid`, or process 1 if that is a gate-sidecar, or the only other one
// there is.
int drain(std::optional<int> pid);

// Tells a running process to reload its configuration, and waits until it has: the process whose admin
// listener is at `admin`, or where the configuration says if that is empty. 78: it has refused the file.
int reload(const config::loaded& loaded, const std::string& admin);

// "gate-sidecar VERSION (REVISION)".
std::string version_line();

}  // namespace gate::app
