#include <gate/app/doctor/gate_section.hpp>
#include <gate/app/joined.hpp>
#include <gate/config/scalars.hpp>

#include <algorithm>
#include <cstdlib>

namespace gate::app::doctor {
namespace {

using core::reason;
using std::chrono::seconds;

constexpr seconds clock_noticed{10};  // a Date is of whole seconds, and the call takes its time
constexpr seconds clock_wrong{60};
constexpr unsigned low_budget_part = 10;  // a tenth of the limit

std::string milliseconds_text(core::time_point::duration span) {
    return std::to_string(std::chrono::round<std::chrono::milliseconds>(span).count()) + " ms";
}

std::string where(const config::config& options) {
    return config::format_url(options.gate.base_url);
}

const gate_call* first_call(const gate_facts& found) {
    return found.calls.empty() ? nullptr : &found.calls.front();
}

finding judge_name(const config::config& options, const gate_facts& found) {
    const auto& host = options.gate.base_url.host;
    if (!found.name.problem.empty())
        return failure("gate.dns", host + " cannot be resolved: " + found.name.problem,
                       "correct gate.base_url, or let this host (the Pod's dnsPolicy, the NetworkPolicy) ask "
                       "its name servers");
    return passed("gate.dns", host + " resolves to " + joined(found.name.addresses, ", "));
}

finding judge_connection(const config::config& options, const gate_facts& found) {
    if (!found.connect_problem.empty())
        return failure("gate.connect", "no connection to " + where(options) + ": " + found.connect_problem,
                       "let this host connect to it: firewall, NetworkPolicy, proxy of the network");
    return passed("gate.connect", where(options) + " accepts connections");
}

finding judge_tls(const config::config& options, const gate_facts& found) {
    if (!found.uses_tls)
        return skipping("gate.tls", "gate.base_url is http, which is for the loopback alone");
    const std::string fix = options.gate.ca_file.empty()
                                ? "see that nothing on the way answers in Gate's name; a proxy of your "
                                  "network that must: name its authority in gate.ca_file"
                                : "put the authority that has signed it into gate.ca_file, or remove that "
                                  "option";
    if (!found.tls_problem.empty())
        return failure("gate.tls", "TLS with " + where(options) + " fails: " + found.tls_problem, fix);
    if (!found.certificate.problem.empty())
        return failure(
            "gate.tls",
            "the certificate of " + where(options) + " is not trusted: " + found.certificate.problem, fix);
    return judge_expiry("gate.tls", "the certificate of " + where(options), found.certificate,
                        "tell the operator of that server");
}

bool accepts_impossible_token(const gate_facts& found) {
    const auto* const call = understood_call(found);
    return call != nullptr && call->answer.verdict == auth::verdict::allow;
}

finding judge_answer(const gate_facts& found) {
    const auto& answer = first_call(found)->answer;
    const auto status = answer.status == 0 ? std::string() : " with " + std::to_string(answer.status);
    if (accepts_impossible_token(found))
        return failure("gate.answers",
                       "a token that does not exist is called valid: requests with any token would be let in",
                       "correct gate.base_url: what answers there is a stand-in for tests, or is not Gate");
    switch (answer.reason) {
        case reason::gate_unreachable:
        case reason::gate_timeout:
        case reason::gate_failing:
        case reason::gate_busy:
        case reason::gate_bad_answer:
            return failure("gate.answers",
                           "Gate does not answer as it should" + status + ": " +
                               std::string(core::describe(answer.reason)) +
                               (answer.detail.empty() ? "" : " (" + answer.detail + ")"),
                           "see Gate's status page; ask what stands between this host and Gate");
        default: return passed("gate.answers", "Gate answers" + status);
    }
}

finding judge_latency(const config::config& options, const gate_facts& found) {
    const auto took = found.calls.back().took;
    const auto text = "a call on a new connection takes " + milliseconds_text(took);
    const auto slow =
        std::min<core::time_point::duration>(options.gate.circuit.slow_after, options.gate.timeout);
    if (took < slow) return passed("gate.latency", text);
    return warning("gate.latency", text + ": calls as slow as that count as failures",
                   "look at the network between this host and Gate, or raise gate.circuit.slow_after and "
                   "gate.timeout");
}

finding judge_clock(const gate_facts& found) {
    const auto& ahead = found.calls.back().clock_ahead;
    if (!ahead) return skipping("gate.clock", "Gate's answer has no Date");
    const auto off = seconds(std::abs(ahead->count()));
    const auto text = "this host's clock is " + std::to_string(off.count()) + " s " +
                      (ahead->count() > 0 ? "behind" : "ahead of") + " Gate's";
    const std::string fix = "have this host's clock set by NTP (chrony, systemd-timesyncd)";
    if (off > clock_wrong) return failure("gate.clock", text, fix);
    if (off > clock_noticed) return warning("gate.clock", text, fix);
    return passed("gate.clock", "this host's clock agrees with Gate's within " +
                                    std::to_string(clock_noticed.count()) + " s");
}

finding judge_budget(const gate_facts& found) {
    const auto& answer = found.calls.back().answer;
    const std::string fix =
        "find out which programs use the organization's keys; share one cache among replicas (fleet.url); "
        "ask "
        "for a higher limit";
    if (answer.reason == reason::gate_rate_limited)
        return failure(
            "gate.budget",
            "the organization's calls are used up" +
                (answer.retry_after.count() > 0
                     ? ": Gate answers again in " + std::to_string(answer.retry_after.count()) + " s"
                     : std::string()),
            fix);
    if (!answer.limit || !answer.remaining) return skipping("gate.budget", "Gate does not say what is left");
    const auto text = "calls that are left in this window: " + std::to_string(*answer.remaining) + " of " +
                      std::to_string(*answer.limit);
    if (*answer.remaining == 0) return failure("gate.budget", text, fix);
    if (std::uint64_t{*answer.remaining} * low_budget_part < *answer.limit)
        return warning("gate.budget", text, fix);
    return passed("gate.budget", text);
}

}  // namespace

findings judge_gate(const config::config& options, const gate_facts& found) {
    findings out{judge_name(options, found)};
    if (!found.name.problem.empty()) return out;
    out.push_back(judge_connection(options, found));
    if (!found.connect_problem.empty()) return out;
    out.push_back(judge_tls(options, found));
    if (found.calls.empty()) return out;
    out.push_back(judge_answer(found));
    out.push_back(judge_form(options, found));
    if (found.calls.back().answer.status == 0) return out;
    out.push_back(judge_latency(options, found));
    out.push_back(judge_clock(found));
    out.push_back(judge_budget(found));
    return out;
}

}  // namespace gate::app::doctor
