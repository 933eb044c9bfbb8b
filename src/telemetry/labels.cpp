#include <gate/telemetry/labels.hpp>

namespace gate::telemetry {
namespace {

method known(std::string_view name, method candidate) noexcept {
    return name == to_string(candidate) ? candidate : method::other;
}

}  // namespace

method method_of(std::string_view name) noexcept {
    if (name.empty()) return method::other;
    switch (name.front()) {
        case 'G': return known(name, method::get);
        case 'H': return known(name, method::head);
        case 'D': return known(name, method::del);
        case 'O': return known(name, method::options);
        case 'C': return known(name, method::connect);
        case 'T': return known(name, method::trace);
        case 'P':
            if (name == "POST") return method::post;
            return name == "PUT" ? method::put : known(name, method::patch);
        default: return method::other;
    }
}

std::string_view verdict_of(core::reason why) noexcept {
    using core::reason;
    switch (why) {
        case reason::token_verified:
        case reason::token_grace:
        case reason::public_path:
        case reason::no_token: return "allow";
        case reason::token_missing:
        case reason::token_malformed:
        case reason::token_invalid:
        case reason::token_revoked:
        case reason::token_rejected:
        case reason::token_throttled: return "deny";
        case reason::gate_unreachable:
        case reason::gate_timeout:
        case reason::gate_rate_limited:
        case reason::gate_failing:
        case reason::gate_bad_answer:
        case reason::gate_key_refused:
        case reason::gate_form_refused:
        case reason::gate_call_delayed:
        case reason::gate_budget_spent:
        case reason::gate_unconfirmed:
        case reason::gate_busy: return "unavailable";
        default: return {};
    }
}

}  // namespace gate::telemetry
