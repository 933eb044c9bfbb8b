// gate-sidecar explain [CODE...]
#include <gate/app/command_line.hpp>
#include <gate/app/explain.hpp>
#include <gate/proxy/failure_reply.hpp>

#include <algorithm>
#include <iostream>

namespace gate::app {
namespace {

using core::reason;

// Without a default: a new reason must say here who acts.
const char* who_acts(reason why) {
    switch (why) {
        case reason::token_missing:
        case reason::token_malformed:
        case reason::token_invalid:
        case reason::token_revoked:
        case reason::token_rejected:
        case reason::token_throttled:
        case reason::bad_request_line:
        case reason::bad_target:
        case reason::bad_field:
        case reason::bad_host:
        case reason::bad_framing:
        case reason::bad_chunk:
        case reason::bad_authorization:
        case reason::bad_upgrade:
        case reason::bad_expectation:
        case reason::unsupported_coding:
        case reason::unsupported_version:
        case reason::method_refused:
        case reason::target_too_long:
        case reason::head_too_large:
        case reason::head_timeout:
        case reason::body_timeout:
        case reason::body_too_slow:
        case reason::upstream_share_exceeded:
        case reason::client_gone:
        case reason::client_too_slow: return "caller";

        case reason::gate_unreachable:
        case reason::gate_rate_limited:
        case reason::gate_key_refused:
        case reason::gate_form_refused:
        case reason::gate_busy:
        case reason::gate_budget_spent:
        case reason::too_many_connections:
        case reason::upstream_busy:
        case reason::internal_error: return "operator";

        case reason::token_grace:
        case reason::gate_timeout:
        case reason::gate_failing:
        case reason::gate_bad_answer:
        case reason::gate_call_delayed:
        case reason::gate_unconfirmed: return "Gate";

        case reason::upstream_refused:
        case reason::upstream_unreachable:
        case reason::upstream_connect_timeout:
        case reason::upstream_timeout:
        case reason::upstream_reset:
        case reason::upstream_bad_response:
        case reason::upstream_truncated: return "upstream";

        case reason::none:
        case reason::token_verified:
        case reason::public_path:
        case reason::no_token:
        case reason::draining:
        case reason::count_: break;
    }
    return "nobody";
}

bool is_allowed(reason why) {
    return why == reason::token_verified || why == reason::token_grace || why == reason::public_path ||
           why == reason::no_token;
}

std::string status_of(reason why) {
    if (is_allowed(why)) return "passed on";
    const auto status = proxy::failure_of(why).status;
    return status == 0 ? "-" : std::to_string(status);
}

std::string padded(std::string_view text, std::size_t width) {
    std::string out(text);
    out.resize(std::max(width, out.size()), ' ');
    return out;
}

std::string text_row(std::string_view code, std::string_view status, std::string_view who,
                     std::string_view sentence) {
    return padded(code, 26) + padded(status, 11) + padded(who, 10) + std::string(sentence) + '\n';
}

std::string markdown_row(std::string_view code, std::string_view status, std::string_view who,
                         std::string_view sentence) {
    std::string out = "| ";
    out.append(code).append(" | ").append(status).append(" | ").append(who).append(" | ");
    return out.append(sentence).append(" |\n");
}

// Written by `gate-sidecar explain --markdown`; a test holds the file against it.
constexpr std::string_view page_head =
    "# Reasons\n\n"
    "Why a request was passed on, refused or failed: one closed set of codes, the same in the access log "
    "(`gate.reason`, `error.type`),\nthe metrics (`reason`) and the error bodies (`error.code`). Printed by "
    "`gate-sidecar explain --markdown`.\n\n"
    "*Acts* says who can change it: the *caller* of the API, the *operator* of the sidecar (its "
    "configuration, "
    "network and quota),\n*Gate*, or the *upstream*, which is the API behind the sidecar.\n\n"
    "| code | status | acts | meaning |\n|---|---|---|---|\n";

std::vector<reason> all_reasons() {
    std::vector<reason> out;
    for (std::size_t i = 1; i < core::reason_count; ++i) out.push_back(static_cast<reason>(i));
    return out;
}

}  // namespace

std::string render_reasons(const std::vector<reason>& which, explain_format format) {
    const bool is_page = format == explain_format::markdown;
    std::string out(is_page ? page_head : "");
    if (!is_page) out = text_row("CODE", "STATUS", "ACTS", "MEANING");
    for (const auto why : which) {
        const auto code = core::to_string(why);
        out += is_page ? markdown_row("`" + std::string(code) + "`", status_of(why), who_acts(why),
                                      core::describe(why))
                       : text_row(code, status_of(why), who_acts(why), core::describe(why));
    }
    return out;
}

int explain_reasons(const std::vector<std::string>& codes, explain_format format) {
    const auto all = all_reasons();
    std::vector<reason> which;
    for (const auto& code : codes) {
        const auto found =
            std::ranges::find_if(all, [&](reason each) { return core::to_string(each) == code; });
        if (found == all.end()) {
            std::cerr << "there is no such reason; `gate-sidecar explain` lists all\n";
            return exit_usage;
        }
        which.push_back(*found);
    }
    std::cout << render_reasons(codes.empty() ? all : which, format);
    return exit_clean;
}

}  // namespace gate::app
