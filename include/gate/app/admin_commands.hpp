#pragma once
// The subcommands that change something in the running process, through its admin listener. Each prints for
// people and returns an exit code: exit_failure when no process was found, there is no admin token, or the
// answer is no; exit_usage for arguments that the process does not accept.

#include <gate/config/load.hpp>

#include <string>

namespace gate::app {

// `admin`: the address of its admin listener; empty: as the configuration says.

// Refuses the account until it is unblocked or the process ends, or for `time` ("90m"; empty: not said).
// Returns when everything that ran for it has ended.
int block_account(const config::loaded& loaded, const std::string& admin, const std::string& account,
                  const std::string& time);
int unblock_account(const config::loaded& loaded, const std::string& admin, const std::string& account);

// Empty texts: not said.
struct log_level_change {
    std::string level{};
    std::string account{};            // of which all requests are logged
    std::string token_fingerprint{};  // the same of one token
    std::string time{};
};
// Prints what is logged, after the change if one is asked for.
int log_level(const config::loaded& loaded, const std::string& admin, const log_level_change& change);

}  // namespace gate::app
