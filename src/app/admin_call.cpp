#include <gate/app/admin_call.hpp>
#include <gate/app/command_line.hpp>
#include <gate/config/scalars.hpp>

#include <iostream>

namespace gate::app {
namespace {

constexpr core::duration patience{70'000};  // longer than the admin listener takes for any answer

}  // namespace

admin_result call_admin(const config::loaded& loaded, const std::string& admin, const admin_call& call) {
    admin_result out;
    out.exit_code = exit_failure;
    auto where = loaded.value.admin.address;
    if (!admin.empty()) {
        const auto given = config::parse_listen_address(admin);
        if (!given) {
            std::cerr << "--admin: " << given.error() << '\n';
            out.exit_code = exit_usage;
            return out;
        }
        where = *given;
    }
    if (loaded.value.admin_token.empty()) {
        std::cerr << "there is no admin token: set admin.token_file or GATE_SIDECAR_ADMIN_TOKEN\n";
        return out;
    }
    out.where = config::format_listen_address(where);
    auto answer = ask_admin(where, loaded.value.admin_token, call.method, call.path, call.body,
                            core::clock::now() + patience);
    if (answer.status == 0) {
        std::cerr << "nothing answers at " << out.where << '\n';
    } else if (answer.status == 401) {
        std::cerr << out.where << " refuses the admin token\n";
    } else if (answer.status == 403) {
        std::cerr << out.where << " has no admin token\n";
    } else {
        out.answer = std::move(answer);
    }
    return out;
}

}  // namespace gate::app
