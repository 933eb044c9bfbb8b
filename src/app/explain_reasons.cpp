// gate-sidecar explain [CODE...]
#include <gate/app/command_line.hpp>
#include <gate/app/explain.hpp>
#include <gate/core/reason_text.hpp>

#include <algorithm>
#include <iostream>

namespace gate::app {
namespace {

using core::reason;
using core::reason_row;

std::string grpc_name_of(const reason_row& row) {
    auto number = core::grpc_text(row);
    if (number == "-") return number;
    return number + ' ' + std::string(to_string(row.told.grpc)) + (row.told.grpc_pushback ? ", retry" : "");
}

std::string markdown_row(const reason_row& row) {
    std::string out = "| `" + std::string(row.code) + '`';
    for (const auto& column : {core::status_text(row), grpc_name_of(row), std::string(to_string(row.from)),
                               std::string(to_string(row.acts)), std::string(row.sentence)})
        out.append(" | ").append(column);
    return out.append(" |\n");
}

// Written by `gate-sidecar explain --markdown`; a test holds the file against it.
constexpr std::string_view page_head =
    "# Reasons\n\n"
    "A reason says why a request was passed on, was refused, or failed. The access log (`gate.reason`, "
    "`error.type`), the metrics\n(`reason`) and the error bodies (`error.code`) use the same codes. "
    "`gate-sidecar explain --markdown` prints this page.\n\n"
    "*Acts* names who can resolve the cause: the *caller* of the API, the *operator* of the sidecar "
    "(configuration, network and\nquota), *Gate*, or the *upstream*, which is the protected API. *From* "
    "names where the cause arises. *gRPC* is the status that a\ngRPC client receives; *retry* means that the "
    "upstream has not received the request, and the client is told when to send it\nagain.\n\n"
    "| code | status | gRPC | from | acts | meaning |\n|---|---|---|---|---|---|\n";

std::vector<reason> all_reasons() {
    std::vector<reason> out;
    for (std::size_t i = 1; i < core::reason_count; ++i) out.push_back(static_cast<reason>(i));
    return out;
}

}  // namespace

std::string render_reasons(const std::vector<reason>& which, explain_format format) {
    if (format == explain_format::text) return core::text_table(which);
    std::string out(page_head);
    for (const auto why : which) out += markdown_row(core::row_of(why));
    return out;
}

int explain_reasons(const std::vector<std::string>& codes, explain_format format) {
    const auto all = all_reasons();
    std::vector<reason> which;
    for (const auto& code : codes) {
        const auto found =
            std::ranges::find_if(all, [&](reason each) { return core::to_string(each) == code; });
        if (found == all.end()) {
            std::cerr << "unknown reason; `gate-sidecar explain` lists all reasons\n";
            return exit_usage;
        }
        which.push_back(*found);
    }
    std::cout << render_reasons(codes.empty() ? all : which, format);
    return exit_clean;
}

}  // namespace gate::app
