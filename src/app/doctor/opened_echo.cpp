#include <gate/app/admin_call.hpp>
#include <gate/app/doctor/opened_echo.hpp>
#include <gate/app/operator_client.hpp>
#include <gate/auth/ruling.hpp>
#include <gate/config/scalars.hpp>
#include <gate/core/json_writer.hpp>
#include <gate/proxy/snapshot.hpp>

namespace gate::app::doctor {
namespace {

constexpr std::chrono::seconds patience{10};

operator_answer ask(const config::config& options, const config::listen_address& where,
                    std::string_view method, const core::secret_string& body) {
    return ask_admin(where, options.admin.tls, options.admin_token, method, "/echo", body,
                     core::clock::now() + patience);
}

}  // namespace

opened_echo::opened_echo(const config::config& options, const std::string& admin)
    : options_(options), where_(options.admin.address) {
    if (const auto given = config::parse_listen_address(admin)) where_ = *given;
    if (options.admin_token.empty()) {
        problem_ = "there is no admin token (admin.token_file, GATE_SIDECAR_ADMIN_TOKEN)";
        return;
    }
    const auto called = config::format_listen_address(where_);
    if (!reachable(where_)) {
        problem_ = "the configuration does not say where " + called + " is: name it by --admin";
        return;
    }
    const auto answer = ask(options_, where_, "POST", {});
    const auto said = object_in(answer.body);
    if (answer.status == 200 && said.HasMember("path") && said["path"].IsString()) {
        path_ = said["path"].GetString();
        return;
    }
    problem_ = called + " answers with " + std::to_string(answer.status);
    if (answer.status == 0) problem_ = "no sidecar answers at " + called;
    if (!answer.unsent.empty()) problem_ = called + " " + answer.unsent;
}

opened_echo::~opened_echo() {
    if (is_open()) close();
}

bool opened_echo::close() {
    core::json_writer body;  // another doctor may have opened another one meanwhile
    body.begin_object();
    body.member("path", std::string_view(path_));
    body.end_object();
    path_.clear();
    const auto answer = ask(options_, where_, "DELETE", core::secret_string(std::string(body.text())));
    const auto said = object_in(answer.body);
    return answer.status == 200 && said.HasMember("closed") && said["closed"].IsBool() &&
           said["closed"].GetBool();
}

bool refuses_strangers(const config::config& options, const std::string& authority, const std::string& path) {
    const proxy::snapshot now(options);
    const auto text = "GET " + path + " HTTP/1.1\r\nHost: " + authority + "\r\n\r\n";
    http::request_facts asked;
    if (!http::read_request(text, now.reading, asked)) return false;
    auth::policy_scratch scratch;
    const auto by_head = auth::rule_on(asked, {}, now.policy, scratch);
    return by_head.reason == core::reason::token_missing && !by_head.route.in_shadow;
}

}  // namespace gate::app::doctor
