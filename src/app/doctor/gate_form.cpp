// How it is judged whether Gate knows the configured form of the call.
#include <gate/app/doctor/gate_section.hpp>
#include <gate/config/scalars.hpp>

#include <algorithm>

namespace gate::app::doctor {
namespace {

using core::reason;

std::string form_text(const call_form& form) {
    return "POST " + form.path + " {\"" + form.field + "\": ...}";
}

// Who refuses the key, or wants us to wait, has known the form; what else is no verdict says nothing of it.
const gate_call* call_of_known_form(const gate_facts& found) {
    const auto knows = [](const gate_call& each) {
        const auto why = each.answer.reason;
        return each.answer.verdict != auth::verdict::unavailable || why == reason::gate_key_refused ||
               why == reason::gate_rate_limited;
    };
    const auto call = std::ranges::find_if(found.calls, knows);
    return call == found.calls.end() ? nullptr : &*call;
}

}  // namespace

finding judge_form(const config::config& options, const gate_facts& found) {
    const auto* const call = &found.calls.front();
    const auto& answer = call->answer;
    if (answer.reason != reason::gate_form_refused) {
        if (answer.status == 0) return skipping("gate.form", "Gate has not answered");
        if (call_of_known_form(found) == nullptr)
            return skipping("gate.form",
                            "Gate's answer does not say whether it knows the form: see gate.answers");
        return passed("gate.form",
                      form_text(call->form) + " is answered with " + std::to_string(answer.status));
    }
    const auto text = "Gate does not know the configured form of the call: " + form_text(call->form) +
                      " is answered with " + std::to_string(answer.status);
    const auto* const other = call_of_known_form(found);
    if (other == nullptr)
        return failure("gate.form", text,
                       "check gate.base_url, which is " + config::format_url(options.gate.base_url) +
                           ", and gate.verify_path");
    return failure("gate.form", text,
                   "set gate.verify_path to " + other->form.path + " and gate.token_field to " +
                       other->form.field + ", which it knows");
}

}  // namespace gate::app::doctor
