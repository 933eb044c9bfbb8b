#pragma once
// KEY and GATE: whether Gate can be reached, knows our form of the call, accepts the secret key, and has
// calls left. Looking at it costs one call, or two where Gate does not know the form; the token in them does
// not exist.

#include <gate/app/call_forms.hpp>
#include <gate/app/doctor/finding.hpp>
#include <gate/app/doctor/wire.hpp>
#include <gate/auth/token_verifier.hpp>
#include <gate/config/load.hpp>

#include <optional>
#include <string>
#include <vector>

namespace gate::app::doctor {

// What one call was answered with.
struct gate_call {
    call_form form;
    auth::verification answer{};
    core::time_point::duration took{0};
    // Of Date: how far Gate's clock is ahead of ours, by the middle of the call; nothing: there is none.
    std::optional<std::chrono::seconds> clock_ahead{};
};

struct gate_facts {
    resolution name{};
    std::string connect_problem{};  // empty: a connection was made
    bool uses_tls = true;
    std::string tls_problem{};  // of the handshake; empty: it was made
    shown_certificate certificate{};
    std::vector<gate_call> calls{};  // the configured form first; none: it could not be asked

    bool is_reachable() const noexcept {
        return name.problem.empty() && connect_problem.empty() && tls_problem.empty() &&
               certificate.problem.empty();
    }
};

// Asks. `options` has a secret key.
gate_facts look_at_gate(const config::config& options);

// Pure. `key_origin`: where the secret key comes from, for people.
findings judge_key(const config::config& options, const std::string& key_origin, const gate_facts& found);
findings judge_gate(const config::config& options, const gate_facts& found);

// Of judge_gate: whether Gate knows the configured form of the call. Pure. Precondition: found.calls is not
// empty.
finding judge_form(const config::config& options, const gate_facts& found);

// The call about whose form, key and token Gate has said something, in whatever way; null: there is none.
const gate_call* understood_call(const gate_facts& found) noexcept;

// "in 12 days", "today"; of a certificate that has expired: how long ago.
std::string text_of_days(int days);
// A certificate that can be trusted: whether it soon cannot.
finding judge_expiry(std::string_view id, const std::string& whose, const shown_certificate& shown,
                     const std::string& fix);

}  // namespace gate::app::doctor
