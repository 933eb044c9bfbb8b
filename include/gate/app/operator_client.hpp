#pragma once
// Speaks with the operating listeners of a running sidecar, for the subcommands.

#include <gate/config/config.hpp>
#include <gate/core/clock.hpp>
#include <gate/core/secret_string.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace gate::app {

// Where a listener of a process on this machine can be reached: the loopback in place of "any address".
// Nothing for systemd's sockets: the configuration does not say where they are.
std::optional<config::url> reachable(const config::listen_address& where);

struct operator_answer {
    int status = 0;           // 0: there was no answer
    std::string status_line;  // without its end
    std::string body;         // JSON, as a rule
    std::string message;      // of an error in our envelope; else empty
};

// Sends `body` to `path` with the admin token, and waits until `deadline`.
operator_answer ask_admin(const config::listen_address& where, const core::secret_string& admin_token,
                          std::string_view method, std::string_view path, const core::secret_string& body,
                          core::time_point deadline);

// GET /readyz of the status listener, which need not be on the loopback: nothing of it is secret.
operator_answer ask_readiness(const config::listen_address& where, core::time_point deadline);

}  // namespace gate::app
