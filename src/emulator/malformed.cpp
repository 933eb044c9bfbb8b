#include <gate/emulator/malformed.hpp>

#include <array>
#include <utility>

namespace gate::emulator {
namespace {

constexpr std::size_t huge_padding = 4 * 1024 * 1024;
constexpr std::size_t long_account = 4096;
constexpr std::size_t nesting = 20'000;

constexpr std::array<std::pair<malformed_kind, std::string_view>, 11> names{{
    {malformed_kind::truncated, "truncated"},
    {malformed_kind::not_json, "not_json"},
    {malformed_kind::empty, "empty"},
    {malformed_kind::wrong_types, "wrong_types"},
    {malformed_kind::huge, "huge"},
    {malformed_kind::valid_string, "valid_string"},
    {malformed_kind::no_account, "no_account"},
    {malformed_kind::account_crlf, "account_crlf"},
    {malformed_kind::account_control, "account_control"},
    {malformed_kind::account_long, "account_long"},
    {malformed_kind::deep, "deep"},
}};

// account: already escaped for JSON.
std::string valid_for(const std::string& account) {
    return R"({"data":{"valid":true,"gate_account_id":")" + account + R"(","status":"active"}})";
}

}  // namespace

std::optional<malformed_kind> parse_malformed(std::string_view name) {
    for (const auto& [kind, known] : names)
        if (known == name) return kind;
    return std::nullopt;
}

std::string_view to_string(malformed_kind kind) {
    for (const auto& [known, name] : names)
        if (known == kind) return name;
    return "unknown";
}

std::string malformed_names() {
    std::string out;
    for (const auto& entry : names) out += (out.empty() ? "" : ", ") + std::string(entry.second);
    return out;
}

std::string malformed_body(malformed_kind kind) {
    switch (kind) {
        case malformed_kind::truncated: return R"({"data":{"valid":true,"gate_account_id":"gacct_trunc)";
        case malformed_kind::not_json: return "<html><body>It works!</body></html>";
        case malformed_kind::empty: return "";
        case malformed_kind::wrong_types: return R"({"data":[{"valid":true,"gate_account_id":7}]})";
        case malformed_kind::huge:
            return R"({"padding":")" + std::string(huge_padding, 'x') + R"(",)" +
                   valid_for("gacct_huge").substr(1);
        case malformed_kind::valid_string:
            return R"({"data":{"valid":"true","gate_account_id":"gacct_string","status":"active"}})";
        case malformed_kind::no_account: return R"({"data":{"valid":true,"status":"active"}})";
        case malformed_kind::account_crlf: return valid_for(R"(gacct_a\r\nX-Injected: yes)");
        case malformed_kind::account_control: return valid_for(R"(gacct_\u0000\u0001\u007f\t)");
        case malformed_kind::account_long: return valid_for("gacct_" + std::string(long_account, 'a'));
        case malformed_kind::deep:
            return R"({"data":)" + std::string(nesting, '[') + std::string(nesting, ']') + "}";
    }
    return "";
}

}  // namespace gate::emulator
