// gate-sidecar block, unblock and log-level
#include <gate/app/admin_call.hpp>
#include <gate/app/admin_commands.hpp>
#include <gate/app/command_line.hpp>
#include <gate/core/json_writer.hpp>

#include <initializer_list>
#include <iostream>
#include <string_view>
#include <utility>

namespace gate::app {
namespace {

using members = std::initializer_list<std::pair<std::string_view, std::string_view>>;

// An object of those that are not empty.
core::secret_string object_of(members from) {
    core::json_writer to;
    to.begin_object();
    for (const auto& [name, value] : from) {
        if (!value.empty()) to.member(name, value);
    }
    to.end_object();
    return core::secret_string(std::string(to.text()));
}

// The exit code when the answer is no, or there is none.
int print_refusal(const admin_result& of) {
    if (!of.answer) return of.exit_code;
    if (of.answer->message.empty()) {
        std::cerr << of.where << " answers with " << of.answer->status << '\n';
        return exit_failure;
    }
    std::cerr << of.answer->message << '\n';
    return of.answer->status == 400 ? exit_usage : exit_failure;
}

bool has_succeeded(const admin_result& of) {
    return of.answer && of.answer->status == 200;
}

// The text of a member, or of one of an object in it; empty: there is none.
std::string text_in(const rapidjson::Value& object, const char* name) {
    if (!object.IsObject() || !object.HasMember(name) || !object[name].IsString()) return {};
    return {object[name].GetString(), object[name].GetStringLength()};
}

void print_level(const rapidjson::Document& said) {
    std::cout << "level: " << text_in(said, "level") << " (log.level: " << text_in(said, "configured")
              << ")\n";
    if (!said.HasMember("override") || !said["override"].IsObject()) return;
    const auto& instead = said["override"];
    std::cout << "set by an operator: " << text_in(instead, "level");
    for (const auto& [name, words] :
         {std::pair("account", " for the account "), std::pair("token_fingerprint", " for the token "),
          std::pair("until", " until ")}) {
        const auto value = text_in(instead, name);
        if (!value.empty()) std::cout << words << value;
    }
    std::cout << '\n';
}

}  // namespace

int block_account(const config::loaded& loaded, const std::string& admin, const std::string& account,
                  const std::string& time) {
    const auto done =
        call_admin(loaded, admin, {"POST", "/block", object_of({{"account", account}, {"for", time}})});
    if (!has_succeeded(done)) return print_refusal(done);
    const auto said = object_in(done.answer->body);
    const auto until = text_in(said, "until");
    std::cout << "blocked: this sidecar refuses the account with 403 "
              << (until.empty() ? "until it is unblocked, or the process ends" : "until " + until)
              << "; what ran for it has ended. Other replicas do not know of it\n";
    if (said.HasMember("was_longer"))
        std::cout << "an earlier block holds for longer than was asked for now\n";
    return exit_clean;
}

int unblock_account(const config::loaded& loaded, const std::string& admin, const std::string& account) {
    const auto done = call_admin(loaded, admin, {"POST", "/unblock", object_of({{"account", account}})});
    if (!has_succeeded(done)) return print_refusal(done);
    std::cout << "unblocked at this sidecar\n";
    return exit_clean;
}

int log_level(const config::loaded& loaded, const std::string& admin, const log_level_change& change) {
    const auto body = object_of({{"level", change.level},
                                 {"account", change.account},
                                 {"token_fingerprint", change.token_fingerprint},
                                 {"for", change.time}});
    const auto done = call_admin(
        loaded, admin,
        change.level.empty() ? admin_call{"GET", "/log-level"} : admin_call{"PUT", "/log-level", body});
    if (!has_succeeded(done)) return print_refusal(done);
    print_level(object_in(done.answer->body));
    return exit_clean;
}

}  // namespace gate::app
