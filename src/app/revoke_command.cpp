// gate-sidecar revoke
#include <gate/app/command_line.hpp>
#include <gate/app/commands.hpp>
#include <gate/app/flat_object.hpp>
#include <gate/app/gate_calls.hpp>
#include <gate/app/gate_commands.hpp>
#include <gate/app/operator_client.hpp>
#include <gate/app/run_to_end.hpp>
#include <gate/app/token_input.hpp>
#include <gate/config/scalars.hpp>
#include <gate/telemetry/build_info.hpp>
#include <gate/verify/codec.hpp>
#include <gate/verify/revocation.hpp>

#include <algorithm>
#include <iostream>

#include <unistd.h>

namespace gate::app {
namespace {

using verify::revocation_result;

// Of the running sidecar, over what it waits for Gate.
constexpr core::duration margin{2000};

std::string ttl_text(const config::config& options) {
    return "within cache.ttl (" + config::format_duration(options.cache.ttl) + ")";
}

void print_unknown(const config::gate_options& gate) {
    std::cout << "Gate does not know this token (404). If it should, check gate.revoke_path ("
              << gate.revoke_path << ")\n";
}

// Whether the running sidecar told Gate: it has answered, and so there is nothing left to do. If not, says
// why on standard error and leaves `code` alone.
bool revoke_through_sidecar(const config::config& options, const core::secret_string& token, int& code) {
    const auto where = config::format_listen_address(options.admin.address);
    if (options.admin_token.empty()) {
        std::cerr
            << "the running sidecar was not notified: no admin token is configured (admin.token_file)\n";
        return false;
    }
    const auto answer = ask_admin(options.admin.address, options.admin.tls, options.admin_token, "POST",
                                  "/revoke", verify::request_body("agent_token", token.reveal()),
                                  core::clock::now() + options.gate.timeout + margin);
    if (!answer.unsent.empty()) {
        std::cerr << where << ' ' << answer.unsent << '\n';
        code = exit_failure;
        return true;
    }
    if (answer.status == 200) {
        const auto said = read_flat_object(answer.body);
        const bool is_known = said && std::ranges::any_of(*said, [](const flat_member& each) {
                                  return each.name == "known_to_gate" && each.boolean == true;
                              });
        if (!is_known) print_unknown(options.gate);
        std::cout << "revoked through the running sidecar at " << where
                  << ": it refuses the token from now on; other replicas refuse it " << ttl_text(options)
                  << '\n';
        code = is_known ? exit_clean : exit_failure;
        return true;
    }
    if (answer.status == 503 && !answer.message.empty()) {
        std::cerr << answer.message << '\n';
        code = exit_not_asked;
        return true;
    }
    std::cerr << "the running sidecar was not notified: "
              << (answer.status == 0     ? "nothing answers at " + where
                  : answer.status == 401 ? where + " refuses the admin token"
                  : answer.status == 403 ? where + " has no admin token"
                                         : where + " answers with " + std::to_string(answer.status))
              << '\n';
    return false;
}

int revoke_at_gate(const config::config& options, core::secret_string token) {
    if (options.secret_key.empty()) {
        std::cerr
            << "there is no secret key: set FOIL_SECRET_KEY, or set gate.secret_key_file to a file that "
               "holds the key\n";
        return exit_bad_configuration;
    }
    const auto access = access_to(options.gate);
    if (!access) return exit_not_asked;
    core::asio::io_context context{1};
    const auto came_to =
        run_to_end(context, verify::revoke(context.get_executor(), options.gate, access->tls,
                                           std::string(telemetry::version()), options.secret_key,
                                           std::move(token), core::clock::now() + options.gate.timeout));
    if (came_to.result == revocation_result::failed) {
        std::cerr << "not revoked: " << core::to_string(came_to.reason);
        if (came_to.status != 0) std::cerr << ", status " << came_to.status;
        if (!came_to.detail.empty()) std::cerr << ", " << came_to.detail;
        if (came_to.reason == core::reason::gate_key_refused)
            std::cerr << " (the secret key needs the scope gate:agent_tokens:revoke)";
        if (came_to.retry_after.count() > 0)
            std::cerr << "; try again in " << came_to.retry_after.count() << " s";
        std::cerr << '\n';
        return exit_not_asked;
    }
    if (came_to.result == revocation_result::unknown_token) {
        print_unknown(options.gate);
        return exit_failure;
    }
    std::cout << "revoked at Gate directly: running sidecars refuse the token " << ttl_text(options) << '\n';
    return exit_clean;
}

}  // namespace

int revoke_token(const config::loaded& loaded) {
    if (!loaded.ok()) return validate(loaded);
    if (::isatty(STDIN_FILENO) != 0) std::cerr << "agent token: ";
    auto input = read_token(STDIN_FILENO);
    if (input.token.empty()) {
        std::cerr << (input.problem.empty() ? "standard input holds no agent token" : input.problem) << '\n';
        return exit_usage;
    }
    int code = exit_failure;
    if (revoke_through_sidecar(loaded.value, input.token, code)) return code;
    return revoke_at_gate(loaded.value, std::move(input.token));
}

}  // namespace gate::app
