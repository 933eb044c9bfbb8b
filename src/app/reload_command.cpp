// gate-sidecar reload
#include <gate/app/admin_call.hpp>
#include <gate/app/command_line.hpp>
#include <gate/app/commands.hpp>

#include <iostream>

namespace gate::app {
namespace {

using texts = std::vector<std::string>;

texts list_in(const rapidjson::Value& object, const char* name) {
    texts out;
    if (!object.IsObject() || !object.HasMember(name) || !object[name].IsArray()) return out;
    for (const auto& each : object[name].GetArray()) {
        if (each.IsString()) out.emplace_back(each.GetString(), each.GetStringLength());
    }
    return out;
}

int print_success(const rapidjson::Document& said) {
    const auto changes = list_in(said, "changes");
    std::cout << (changes.empty() ? "reloaded: nothing has changed" : "reloaded");
    if (said.HasMember("generation") && said["generation"].IsUint64())
        std::cout << " (generation " << said["generation"].GetUint64() << ')';
    std::cout << '\n';
    for (const auto& each : changes) std::cout << "  " << each << '\n';
    for (const auto& each : list_in(said, "restart_needed"))
        std::cerr << each << ": takes effect only after a restart\n";
    return exit_clean;
}

int print_refusal(const rapidjson::Document& said) {
    const bool has_details =
        said.HasMember("error") && said["error"].IsObject() && said["error"].HasMember("details");
    if (has_details) {
        for (const auto& each : list_in(said["error"]["details"], "problems")) std::cerr << each << '\n';
    }
    const auto is_code = [&](const char* code) {
        return has_details && said["error"].HasMember("code") && said["error"]["code"] == code;
    };
    std::cerr
        << (is_code("secret_key.refused")
                ? "the configuration is in force; the running sidecar keeps the last good secret key\n"
            : is_code("certificate.refused")
                ? "the configuration is in force; the running sidecar keeps the last good certificates\n"
            : is_code("blocked_accounts.refused")
                ? "the configuration is in force; the running sidecar keeps the last good list of blocked "
                  "accounts\n"
                : "the running sidecar keeps the last good configuration\n");
    return exit_bad_configuration;
}

}  // namespace

// The rest of the file may be broken: the running process says how.
int reload(const config::loaded& loaded, const std::string& admin) {
    const auto done =
        call_admin(loaded, admin, {.method = "POST", .path = "/reload", .waits_for_certificate = true});
    if (!done.answer) return done.exit_code;
    if (done.answer->status == 200) return print_success(object_in(done.answer->body));
    if (done.answer->status == 422) return print_refusal(object_in(done.answer->body));
    std::cerr << done.where << " answers with " << done.answer->status << '\n';
    return exit_failure;
}

}  // namespace gate::app
