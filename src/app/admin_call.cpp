#include <gate/app/admin_call.hpp>
#include <gate/app/command_line.hpp>
#include <gate/app/running_sidecars.hpp>
#include <gate/config/scalars.hpp>

#include <csignal>
#include <iostream>
#include <thread>

namespace gate::app {
namespace {

constexpr core::duration patience{70'000};  // longer than the admin listener takes for any answer

// A swap of files may not have been noticed yet.
constexpr core::duration patience_for_certificate{12'000};
constexpr std::chrono::milliseconds between_tries{250};

void hang_up() {
    const auto found = find_running_sidecars();
    if (found.pids.size() == 1) ::kill(found.pids.front(), SIGHUP);
}

operator_answer ask(const config::listen_address& where, const config::config& options,
                    const admin_call& call) {
    const auto until = core::clock::now() + patience_for_certificate;
    for (bool is_told = false;; is_told = true) {
        auto out = ask_admin(where, options.admin.tls, options.admin_token, call.method, call.path, call.body,
                             core::clock::now() + patience);
        if (!out.is_stranger || !call.waits_for_certificate || core::clock::now() >= until) return out;
        if (!is_told) hang_up();
        std::this_thread::sleep_for(between_tries);
    }
}

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
    if (where.is_from_systemd()) {
        std::cerr << "the configuration does not say where the socket " << where.systemd_name
                  << " of systemd is: name its address by --admin\n";
        return out;
    }
    out.where = config::format_listen_address(where);
    auto answer = ask(where, loaded.value, call);
    if (!answer.unsent.empty()) {
        std::cerr << out.where << ' ' << answer.unsent << '\n';
    } else if (answer.status == 0) {
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

rapidjson::Document object_in(const std::string& body) {
    rapidjson::Document out;
    out.Parse<rapidjson::kParseValidateEncodingFlag | rapidjson::kParseIterativeFlag>(body.data(),
                                                                                      body.size());
    if (out.HasParseError() || !out.IsObject()) out.SetObject();
    return out;
}

}  // namespace gate::app
