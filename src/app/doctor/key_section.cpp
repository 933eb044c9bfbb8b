#include <gate/app/doctor/gate_section.hpp>

#include <algorithm>
#include <cstdlib>

namespace gate::app::doctor {
namespace {

using core::reason;

constexpr int soon_expired = 14;  // days

}  // namespace

const gate_call* understood_call(const gate_facts& found) noexcept {
    const auto is_understood = [](const gate_call& each) {
        return each.answer.verdict != auth::verdict::unavailable;
    };
    const auto call = std::ranges::find_if(found.calls, is_understood);
    return call == found.calls.end() ? nullptr : &*call;
}

std::string text_of_days(int days) {
    if (days == 0) return "today";
    const auto number = std::to_string(std::abs(days)) + (std::abs(days) == 1 ? " day" : " days");
    return days > 0 ? "in " + number : number + " ago";
}

finding judge_expiry(std::string_view id, const std::string& whose, const shown_certificate& shown,
                     const std::string& fix) {
    if (!shown.days_left) return passed(id, whose + " is trusted");
    const auto text = whose + " is trusted, and expires " + text_of_days(*shown.days_left);
    return *shown.days_left < soon_expired ? warning(id, text, fix) : passed(id, text);
}

findings judge_key(const config::config& options, const std::string& key_origin, const gate_facts& found) {
    findings out;
    const bool is_test = options.secret_key.reveal().starts_with("sk_test_");
    out.push_back(passed("key.form", std::string("a secret key of the ") + (is_test ? "test" : "live") +
                                         " mode, from " + key_origin));
    const auto* const call = understood_call(found);
    const auto is_refusal = [](const gate_call& each) {
        return each.answer.reason == reason::gate_key_refused;
    };
    if (call != nullptr) {
        out.push_back(passed("key.accepted", "Gate accepts the key, and it may verify agent tokens"));
    } else if (const auto no = std::ranges::find_if(found.calls, is_refusal); no != found.calls.end()) {
        out.push_back(failure("key.accepted",
                              "Gate refuses the key with " + std::to_string(no->answer.status) +
                                  ": it is not valid, or it lacks the scope gate:agent_tokens:verify",
                              "give the key the scope gate:agent_tokens:verify in Gate's dashboard, or use "
                              "another key"));
    } else {
        out.push_back(skipping("key.accepted", "Gate has not said anything about the key"));
    }
    return out;
}

}  // namespace gate::app::doctor
