#include "reason_table.hpp"

#include <algorithm>
#include <string>

namespace gate::core {
namespace {

using reason_table::rows;

// Holds for every row; a row that breaks it does not compile.
constexpr bool is_code(std::string_view text) {
    return !text.empty() &&
           std::ranges::all_of(text, [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
}

constexpr bool is_in_order() {
    for (std::size_t i = 0; i < rows.size(); ++i)
        if (rows[i].reason != static_cast<reason>(i)) return false;
    return true;
}

constexpr bool has_each_code_once() {
    return std::ranges::all_of(
        rows, [](const auto& row) { return std::ranges::count(rows, row.code, &reason_row::code) == 1; });
}

constexpr bool all(bool (*holds)(const reason_row&)) {
    return std::ranges::all_of(rows, holds);
}

constexpr bool is_failure(const failure& told) {
    return told.status == 0 || (told.status >= 400 && told.status <= 599 && told.grpc != grpc_status::ok);
}

static_assert(is_in_order(), "each reason has one row, at its place");
static_assert(has_each_code_once());
static_assert(all([](const reason_row& row) { return is_code(row.code); }));
static_assert(all([](const reason_row& row) { return row.sentence.size() > 1; }));
static_assert(all([](const reason_row& row) { return is_failure(row.told); }));

class reason_category final : public boost::system::error_category {
public:
    const char* name() const noexcept override { return "gate"; }
    std::string message(int value) const override {
        return std::string(describe(static_cast<reason>(value)));
    }
};

const reason_category category;

}  // namespace

std::string_view to_string(actor who) noexcept {
    switch (who) {
        case actor::nobody: break;
        case actor::caller: return "caller";
        case actor::operators: return "operator";
        case actor::gate: return "Gate";
        case actor::upstream: return "upstream";
    }
    return "nobody";
}

std::string_view to_string(origin where) noexcept {
    switch (where) {
        case origin::ours: break;
        case origin::gate: return "Gate";
        case origin::upstream: return "upstream";
        case origin::client: return "client";
    }
    return "sidecar";
}

const reason_row& row_of(reason why) noexcept {
    const auto index = static_cast<std::size_t>(why);
    return rows[index < rows.size() ? index : 0];
}

std::string_view to_string(reason why) noexcept {
    return row_of(why).code;
}
std::string_view describe(reason why) noexcept {
    return row_of(why).sentence;
}
std::optional<verdict> verdict_of(reason why) noexcept {
    return row_of(why).verdict;
}
const failure& failure_of(reason why) noexcept {
    return row_of(why).told;
}

bool is_call_result(reason why) noexcept {
    const auto call = row_of(why).call;
    return call != gate_call::none && call != gate_call::unconfirmed;
}

bool ends_streams(reason why) noexcept {
    const auto& row = row_of(why);
    const bool by_token = row.call == gate_call::unconfirmed ||
                          (row.call == gate_call::answered && row.verdict == verdict::deny);
    const bool by_route = why == reason::token_missing || why == reason::path_denied;
    return by_token || by_route || why == reason::account_blocked;
}

error_code make_error_code(reason why) noexcept {
    return {static_cast<int>(why), category};
}

reason reason_of(const error_code& ec, reason otherwise) noexcept {
    return ec.category() == category ? static_cast<reason>(ec.value()) : otherwise;
}

}  // namespace gate::core
