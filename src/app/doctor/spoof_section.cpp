#include <gate/app/doctor/corpus.hpp>
#include <gate/app/doctor/spoof_section.hpp>
#include <gate/app/joined.hpp>
#include <gate/core/text.hpp>
#include <gate/http/folded_names.hpp>
#include <gate/http/rerouting.hpp>

#include <algorithm>
#include <array>

namespace gate::app::doctor {
namespace {

constexpr std::string_view stranger = "gacct_attacker";
constexpr std::string_view other_client = "198.51.100.66";  // RFC 5737
constexpr std::string_view token_line = "Authorization: Bearer agt_doctor\r\n";
constexpr std::string_view host = "gate-sidecar-doctor";
constexpr std::string_view private_path = "/gate-sidecar-doctor";

const std::string build_is_unsound =
    "do not serve with this build: install the program again, and report this (SECURITY.md)";

std::string request_to(std::string_view path, std::string_view lines) {
    return "GET " + std::string(path) + " HTTP/1.1\r\nHost: " + std::string(host) +
           "\r\nConnection: close\r\n" + std::string(lines) + "\r\n";
}

// How many lines a receiver could take for the field.
std::size_t lines_like(const std::string& head, const std::string& name) {
    const auto all = lines_of(head);
    const auto folded = core::lowered(name);
    return static_cast<std::size_t>(
        std::ranges::count_if(all, [&](const auto& each) { return http::folds_to(each.first, folded); }));
}

// With a token and, where none is needed, without.
void try_identity(stage& on, const std::string& identity, const std::string& lines, const std::string& called,
                  std::vector<std::string>& wrong) {
    const auto with_token = on.play(request_to(private_path, std::string(token_line) + lines));
    const auto without = on.play(request_to(stage::public_path, lines));
    for (const auto& text : {wrong_with(with_token, identity, true), wrong_with(without, identity, false)}) {
        if (!text.empty()) wrong.emplace_back(called).append(" ").append(text);
    }
}

// Trailers do not become fields (rule 5).
void try_trailer(stage& on, const std::string& identity, std::vector<std::string>& wrong) {
    const auto what =
        on.play("POST " + std::string(private_path) + " HTTP/1.1\r\nHost: " + std::string(host) +
                "\r\nConnection: close\r\n" + std::string(token_line) +
                "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n" + identity + ": " +
                std::string(stranger) + "\r\n\r\n");
    if (const auto text = wrong_with(what, identity, true); !text.empty())
        wrong.push_back(identity + " in a trailer " + text);
}

// Why a request that pretends nothing has not come to the upstream as it should: then that others are refused
// says nothing. "": it has.
std::string wrong_without_tricks(const std::string& identity, stage& on) {
    const auto what = on.play(request_to(private_path, token_line));
    if (what.status != 200 || what.seen.size() != 1)
        return "a request without anything unusual is answered with " + std::to_string(what.status) +
               ", and " +
               (what.seen.empty() ? "does not reach the upstream" : "reaches the upstream twice or more");
    const auto wrong = wrong_with(what, identity, true);
    return wrong.empty() ? wrong : "a request without anything unusual " + wrong;
}

finding rehearse_identity(const config::config& options, stage& on) {
    const auto& identity = options.auth.header_name;
    if (const auto problem = wrong_without_tricks(identity, on); !problem.empty())
        return failure("spoof.identity", problem, build_is_unsound);
    auto names = spellings_of_identity(identity, separators::all);
    names.emplace_back("X-Gate-Verification");
    std::vector<std::string> wrong;
    for (const auto& each : names) {
        const auto line = each + ": " + std::string(stranger) + "\r\n";
        try_identity(on, identity, line, each, wrong);
        try_identity(on, identity, line + line, each + " twice", wrong);
    }
    try_trailer(on, identity, wrong);
    if (!wrong.empty()) return failure("spoof.identity", joined(wrong, "; "), build_is_unsound);
    // They were refused for what they held: what holds nothing unusual still passes.
    if (const auto problem = wrong_without_tricks(identity, on); !problem.empty())
        return failure("spoof.identity", problem, build_is_unsound);
    return passed("spoof.identity", "a client cannot send " + identity + ": " + std::to_string(names.size()) +
                                        " names that an API could take for it are removed or refused");
}

finding rehearse_connection(const config::config& options, stage& on) {
    const auto& identity = options.auth.header_name;
    const auto what = on.play(
        request_to(private_path, std::string(token_line) + "Connection: close, " + identity + "\r\n"));
    const auto text = wrong_with(what, identity, true);
    if (!text.empty())
        return failure("spoof.connection", "Connection: " + identity + " " + text, build_is_unsound);
    return passed("spoof.connection", "a client cannot have " + identity +
                                          " removed by naming it in "
                                          "Connection");
}

finding rehearse_client_address(stage& on) {
    constexpr std::array names{"X-Forwarded-For",     "X-Real-IP",        "True-Client-IP",
                               "X-Client-IP",         "Client-IP",        "CF-Connecting-IP",
                               "X-Cluster-Client-IP", "Fastly-Client-IP", "Forwarded-For"};
    std::string lines;
    for (const auto* each : names) lines.append(each).append(": ").append(other_client).append("\r\n");
    lines.append("Forwarded: for=").append(other_client).append("\r\n");
    const auto what = on.play(request_to(private_path, std::string(token_line) + lines));
    if (what.seen.empty())
        return failure("spoof.client_address",
                       "a request with X-Forwarded-For is not passed on: it is answered with " +
                           std::to_string(what.status),
                       build_is_unsound);
    if (what.seen.front().find(other_client) != std::string::npos)
        return failure("spoof.client_address",
                       "an address that an untrusted client claims reaches the upstream", build_is_unsound);
    return passed("spoof.client_address", "addresses that an untrusted client claims are removed");
}

finding rehearse_rerouting(const config::config& options, stage& on) {
    std::vector<std::string> wrong;
    for (const auto name : http::rerouting_names) {
        const bool may_pass = std::ranges::any_of(
            options.forwarded.pass, [&](const auto& each) { return core::iequals(each, name); });
        const auto what = on.play(request_to(
            private_path, std::string(token_line) + std::string(name) + ": /gate-sidecar-doctor/moved\r\n"));
        const bool passes = !what.seen.empty() && what.seen.front().find("/moved") != std::string::npos;
        if (passes && !may_pass) wrong.emplace_back(name);
    }
    if (!wrong.empty())
        return failure("spoof.rerouting", joined(wrong, ", ") + " reaches the upstream", build_is_unsound);
    if (!options.forwarded.pass.empty())
        return warning(
            "spoof.rerouting",
            "forwarded.pass lets " + joined(options.forwarded.pass, ", ") +
                " through: the upstream may serve another path than the one that was decided about",
            "take what the API does not need out of forwarded.pass");
    return passed("spoof.rerouting", "fields that move a request to another path or method are removed");
}

}  // namespace

std::string wrong_with(const stage::played& what, const std::string& identity, bool has_token) {
    if (what.seen.empty()) {
        if (what.status == 400 || what.status == 431) return "";
        return what.status == 0 ? "is not answered" : "is answered with " + std::to_string(what.status);
    }
    if (what.seen.size() > 1) return "reaches the upstream more than once";
    const auto& head = what.seen.front();
    if (head.find(stranger) != std::string::npos) return "reaches the upstream";
    const std::size_t expected = has_token ? 1 : 0;
    if (lines_like(head, identity) != expected) return "changes the identity";
    const bool is_true = head.find(std::string(identity) + ": " + std::string(stage::account)) != head.npos;
    return is_true == has_token ? "" : "changes the identity";
}

findings rehearse_spoofing(const config::config& options, stage& on) {
    return {rehearse_identity(options, on), rehearse_connection(options, on), rehearse_client_address(on),
            rehearse_rerouting(options, on)};
}

findings rehearse_framing(const config::config& options, stage& on) {
    std::vector<std::string> wrong;
    for (const auto& each : unclear_requests()) {
        const auto what = on.play(text_of(each, host, token_line));
        const bool is_refused = what.status >= 400 && what.status < 600 && what.seen.empty();
        if (!is_refused) wrong.emplace_back(each.description);
    }
    const auto number = std::to_string(unclear_requests().size());
    if (!wrong.empty())
        return {failure("framing.requests", "not refused: " + joined(wrong, "; "), build_is_unsound)};
    // Nothing of them has come to the upstream later, and what is clear does come.
    if (const auto problem = wrong_without_tricks(options.auth.header_name, on); !problem.empty())
        return {failure("framing.requests", problem, build_is_unsound)};
    return {passed("framing.requests", number + " requests that can be read in two ways are refused")};
}

}  // namespace gate::app::doctor
