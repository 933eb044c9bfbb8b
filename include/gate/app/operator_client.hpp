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
    // Nothing was sent: why not, for people, after the name of the listener; else empty.
    std::string unsent{};
    bool is_stranger = false;  // because its certificate is not one of ours
};

// Sends `body` to `path` with the admin token, and waits until `deadline`. With TLS, nothing is sent to a
// process that shows a certificate other than those of the files in `tls`: they are read now.
operator_answer ask_admin(const config::listen_address& where, const config::operating_tls_options& tls,
                          const core::secret_string& admin_token, std::string_view method,
                          std::string_view path, const core::secret_string& body, core::time_point deadline);

// GET /readyz of the status listener, which need not be on the loopback: nothing of it is secret. With TLS,
// any certificate will do, of a listener that is on this machine.
operator_answer ask_readiness(const config::listen_address& where, bool over_tls, core::time_point deadline);

}  // namespace gate::app
