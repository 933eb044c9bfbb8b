// gate-sidecar verify
#include <gate/app/call_forms.hpp>
#include <gate/app/command_line.hpp>
#include <gate/app/commands.hpp>
#include <gate/app/fleet_word.hpp>
#include <gate/app/gate_calls.hpp>
#include <gate/app/gate_commands.hpp>
#include <gate/app/run_to_end.hpp>
#include <gate/app/token_input.hpp>
#include <gate/config/scalars.hpp>
#include <gate/telemetry/build_info.hpp>
#include <gate/verify/gate_verifier.hpp>

#include <iostream>

#include <unistd.h>

namespace gate::app {
namespace {

using auth::verdict;
using auth::verification;
using core::reason;

class form_tester {
public:
    form_tester(const config::config& options, std::shared_ptr<boost::asio::ssl::context> tls)
        : options_(options), tls_(std::move(tls)) {}

    verification ask(const call_form& form, core::secret_string token) const {
        auto gate = options_.gate;
        gate.verify_path = form.path;
        gate.token_field = form.field;
        core::asio::io_context context{1};
        verify::key_ring keys(options_.secret_key);
        verify::verifier_options how;
        how.version = std::string(telemetry::version());
        verify::gate_verifier asking(context.get_executor(), gate, keys, tls_, std::move(how));
        return run_to_end(context, asking.verify(std::move(token), core::clock::now() + gate.timeout));
    }

    // Prints what an answer says of the form.
    void tell(const call_form& form, const verification& answer) const {
        std::cout << "POST " << config::format_url(options_.gate.base_url) << form.path << " {\""
                  << form.field << "\": ...}: ";
        if (answer.status != 0) std::cout << "status " << answer.status << ", ";
        if (answer.verdict != verdict::unavailable) {
            std::cout << "understood\n";
        } else {
            std::cout << core::to_string(answer.reason);
            if (!answer.detail.empty()) std::cout << ", " << answer.detail;
            std::cout << '\n';
        }
    }

private:
    const config::config& options_;
    std::shared_ptr<boost::asio::ssl::context> tls_;
};

bool is_understood(const verification& answer) {
    return answer.verdict != verdict::unavailable;
}

int tell_refused(reason why) {
    std::cout << "the token is refused: " << core::to_string(why) << '\n';
    return exit_failure;
}

int tell_of_token(const verification& answer) {
    if (answer.verdict != verdict::allow) return tell_refused(answer.reason);
    std::cout << "the token is valid: account " << answer.account_id << '\n';
    return exit_clean;
}

int look_for_another_form(const form_tester& tester, const call_form& configured) {
    for (const auto& form : documented_forms) {
        if (form == configured) continue;
        const auto answer = tester.ask(form, core::secret_string(impossible_token));
        tester.tell(form, answer);
        if (!is_understood(answer)) continue;
        std::cout << "change the configuration to the form that Gate understands:\n  gate:\n    verify_path: "
                  << form.path << "\n    token_field: " << form.field << '\n';
        return exit_not_asked;
    }
    std::cout << "Gate understands none of the known forms: check gate.base_url\n";
    return exit_not_asked;
}

int conclude_failure(const verification& answer) {
    if (answer.reason == reason::gate_key_refused) {
        std::cout << "the secret key is refused: it is not valid, or it lacks the scope "
                     "gate:agent_tokens:verify\n";
    } else {
        std::cout << core::describe(answer.reason) << '\n';
        if (answer.retry_after.count() > 0)
            std::cout << "try again in " << answer.retry_after.count() << " s\n";
    }
    return exit_not_asked;
}

int examine(const form_tester& tester, const call_form& configured, const token_input& input) {
    const bool has_token = !input.token.empty();
    auto answer = tester.ask(configured, has_token ? input.token : core::secret_string(impossible_token));
    bool is_about_token = has_token;
    if (has_token && answer.reason == reason::gate_form_refused) {
        // Perhaps it is this token that Gate takes for malformed, and not the form.
        answer = tester.ask(configured, core::secret_string(impossible_token));
        is_about_token = false;
    }
    tester.tell(configured, answer);
    if (answer.reason == reason::gate_form_refused) return look_for_another_form(tester, configured);
    if (!is_understood(answer)) return conclude_failure(answer);
    std::cout << "the secret key is accepted\n";
    if (is_about_token) return tell_of_token(answer);
    return has_token ? tell_refused(reason::token_rejected) : exit_clean;
}

// What `code` says of the token, unless an operator has withdrawn it for all replicas.
int tell_of_fleet(const config::config& options, const core::secret_string& token, int code) {
    const auto word = ask_fleet(options, token.reveal());
    std::cout << "the fleet: " << (token.empty() ? store_text_of(word) : text_of(word)) << '\n';
    const auto why = refusal_in(word);
    const bool is_withdrawn = why == reason::token_revoked || why == reason::account_blocked;
    if (code != exit_clean || !is_withdrawn) return code;
    return tell_refused(why);
}

}  // namespace

int check_gate(const config::loaded& loaded) {
    if (!loaded.ok()) return validate(loaded);
    token_input input;
    if (::isatty(STDIN_FILENO) == 0) input = read_token(STDIN_FILENO);
    if (!input.problem.empty()) {
        std::cerr << input.problem << '\n';
        return exit_usage;
    }
    const auto& gate = loaded.value.gate;
    const auto access = access_to(gate);
    if (!access) return exit_not_asked;
    const auto code = examine({loaded.value, access->tls}, {gate.verify_path, gate.token_field}, input);
    return loaded.value.fleet.is_on() ? tell_of_fleet(loaded.value, input.token, code) : code;
}

}  // namespace gate::app
