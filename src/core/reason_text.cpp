#include <gate/core/reason_text.hpp>

#include <algorithm>
#include <array>

namespace gate::core {
namespace {

std::string padded(std::string_view text, std::size_t width) {
    std::string out(text);
    out.resize(std::max(width, out.size()), ' ');
    return out;
}

std::string line_of(const std::array<std::string_view, 6>& columns) {
    constexpr std::array<std::size_t, 5> widths{26, 11, 6, 10, 10};
    std::string out;
    for (std::size_t i = 0; i < widths.size(); ++i) out += padded(columns[i], widths[i]);
    return out.append(columns.back()).append("\n");
}

std::string line_of(const reason_row& row) {
    const auto status = status_text(row);
    const auto grpc = grpc_text(row);
    return line_of({row.code, status, grpc, to_string(row.from), to_string(row.acts), row.sentence});
}

}  // namespace

std::string status_text(const reason_row& row) {
    if (row.verdict == verdict::allow) return "passed on";
    return row.told.status != 0 ? std::to_string(row.told.status) : "-";
}

std::string grpc_text(const reason_row& row) {
    if (row.verdict == verdict::allow || row.told.status == 0) return "-";
    return std::to_string(static_cast<unsigned>(row.told.grpc));
}

std::string text_table(std::span<const reason> of) {
    auto out = line_of({"CODE", "STATUS", "GRPC", "FROM", "ACTS", "MEANING"});
    for (const auto why : of) out += line_of(row_of(why));
    return out;
}

}  // namespace gate::core
