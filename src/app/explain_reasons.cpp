// gate-sidecar explain [CODE...]
#include <gate/app/command_line.hpp>
#include <gate/app/explain.hpp>

#include <algorithm>
#include <array>
#include <iostream>

namespace gate::app {
namespace {

using core::reason;
using core::reason_row;

bool is_allowed(const reason_row& row) {
    return row.verdict == core::verdict::allow;
}

bool is_told(const reason_row& row) {
    return row.told.status != 0;
}

std::string status_of(const reason_row& row) {
    if (is_allowed(row)) return "passed on";
    return is_told(row) ? std::to_string(row.told.status) : "-";
}

std::string grpc_number_of(const reason_row& row) {
    if (is_allowed(row) || !is_told(row)) return "-";
    return std::to_string(static_cast<unsigned>(row.told.grpc));
}

std::string grpc_name_of(const reason_row& row) {
    auto number = grpc_number_of(row);
    if (number == "-") return number;
    return number + ' ' + std::string(to_string(row.told.grpc)) + (row.told.grpc_pushback ? ", retry" : "");
}

std::string padded(std::string_view text, std::size_t width) {
    std::string out(text);
    out.resize(std::max(width, out.size()), ' ');
    return out;
}

std::string text_row(const std::array<std::string_view, 6>& columns) {
    constexpr std::array<std::size_t, 5> widths{26, 11, 6, 10, 10};
    std::string out;
    for (std::size_t i = 0; i < widths.size(); ++i) out += padded(columns[i], widths[i]);
    return out.append(columns.back()).append("\n");
}

std::string text_row(const reason_row& row) {
    const auto status = status_of(row);
    const auto grpc = grpc_number_of(row);
    return text_row({row.code, status, grpc, to_string(row.from), to_string(row.acts), row.sentence});
}

std::string markdown_row(const reason_row& row) {
    std::string out = "| `" + std::string(row.code) + '`';
    for (const auto& column : {status_of(row), grpc_name_of(row), std::string(to_string(row.from)),
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
    const bool is_page = format == explain_format::markdown;
    std::string out(is_page ? page_head : "");
    if (!is_page) out = text_row({"CODE", "STATUS", "GRPC", "FROM", "ACTS", "MEANING"});
    for (const auto why : which) {
        const auto& row = core::row_of(why);
        out += is_page ? markdown_row(row) : text_row(row);
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
            std::cerr << "unknown reason; `gate-sidecar explain` lists all reasons\n";
            return exit_usage;
        }
        which.push_back(*found);
    }
    std::cout << render_reasons(codes.empty() ? all : which, format);
    return exit_clean;
}

}  // namespace gate::app
