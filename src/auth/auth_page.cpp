#include "auth_page.hpp"

#include <gate/core/reason.hpp>

namespace gate::auth {
namespace {

using core::actor;
using core::reason;

// What has a meaning in Markdown, or in the HTML that it is made into, stands for itself.
std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (std::string_view("\\`*_[]<>&#|").find(c) != std::string_view::npos) out += '\\';
        out += c;
    }
    return out;
}

std::string_view advice_on(const core::reason_row& row) {
    if (http::leads_to_sign_up(row.reason)) return "Sign up for a token.";
    if (row.told.retryable) return "Send the request again later.";
    return row.acts == actor::caller ? "Change the request." : "Ask the operator of this API.";
}

std::string table_of_errors() {
    std::string out = "| code | status | meaning | what to do |\n|---|---|---|---|\n";
    for (std::size_t i = 1; i < core::reason_count; ++i) {
        const auto& row = core::row_of(static_cast<reason>(i));
        if (row.verdict == core::verdict::allow || row.told.status == 0) continue;
        out.append("| `").append(row.code).append("` | ").append(std::to_string(row.told.status));
        out.append(" | ").append(row.sentence).append(" | ").append(advice_on(row)).append(" |\n");
    }
    return out;
}

}  // namespace

std::string auth_page(const config::discovery_options& options, const http::error_links& links) {
    std::string out =
        "# " + (options.name.empty() ? std::string("This API") : escaped(options.name)) + "\n\n";
    out += "The address of this API is <" + options.public_url +
           ">. It accepts agents that send an agent token with each request.\n\n"
           "## Sign up\n\n"
           "Run this command. It gives you an agent token, which begins with `agt_`:\n\n"
           "    " +
           links.sign_up_command + "\n\n";
    if (!options.documentation.empty()) out += "<" + options.documentation + "> tells more.\n\n";
    out +=
        "## Send the token\n\n"
        "Send the token in the `Authorization` field of each request:\n\n"
        "    Authorization: Bearer agt_...\n\n"
        "Send exactly one such field. Do not put the token into a URL, and do not send it to another API.\n\n"
        "## When a request fails\n\n"
        "The body of an error is a JSON object. `error.code` names the cause, and `error.message` describes "
        "it.\n`error.retryable` says whether the same request can succeed later, and the `Retry-After` "
        "field, where\nthere is one, after how many seconds. Where the API may have acted on a request that "
        "must not be "
        "repeated, such as\na `POST`, it is false. `error.details.next_action` is `sign_up` or `retry` where "
        "that helps. "
        "`error.docs_url` is the address\nof a page about the error. Give `error.request_id` to the operator "
        "of this API when you ask about an error.\n\n"
        "Send `Accept: application/problem+json` for the same in the form of RFC 9457.\n\n" +
        table_of_errors();
    return out;
}

}  // namespace gate::auth
