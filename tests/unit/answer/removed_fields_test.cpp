#include "asking.hpp"

#include <gate/answer/removed_fields.hpp>

#include <array>
#include <string_view>

using namespace gate;

namespace {

constexpr std::array<std::string_view, 1> account{"X-Gate-Account-Id"};
constexpr std::array<std::string_view, 3> all{"X-Gate-Account-Id", "X-Gate-Verification", "X-Gate-Assertion"};

std::string removed(const std::string& fields, const answer::removal& what,
                    std::string_view header_name = "X-Gate-Account-Id") {
    const test::asking one(fields, "GET /auth HTTP/1.1", "a", header_name);
    std::string out;
    answer::append_removed_fields(one.facts.head, what, out);
    return out;
}

}  // namespace

TEST_CASE("nothing is removed where nothing was seen") {
    CHECK(removed("X-Other: 1\r\n", {.authorization = false, .set = account, .ours = {}}).empty());
}

TEST_CASE("every spelling of the identity that is not set is removed (Traefik CVE-2026-39858)") {
    CHECK(
        removed("X-Gate-Account-Id: a\r\nx_gate_account_id: b\r\nX.Gate.Account-Id: c\r\nX-Gate-Other: d\r\n"
                "X-GATE-ACCOUNT-ID: e\r\n",
                {.authorization = true, .set = account, .ours = {}}) ==
        "authorization, x_gate_account_id, X.Gate.Account-Id, X-Gate-Other");
}

TEST_CASE("a configured name is removed in every spelling") {
    const std::array<std::string_view, 1> own{"Agent-Account"};
    CHECK(removed("agent_account: a\r\nAgent-Account: b\r\nX-Gate-Account-Id: c\r\n",
                  {.authorization = false, .set = own, .ours = {}},
                  "Agent-Account") == "agent_account, X-Gate-Account-Id");
}

TEST_CASE("where there is no identity, all of our names are removed, each one time (Caddy CVE-2026-30851)") {
    CHECK(removed("", {.authorization = false, .set = {}, .ours = all}) ==
          "X-Gate-Account-Id, X-Gate-Verification, X-Gate-Assertion");
    CHECK(removed("x-gate-account-id: a\r\nX-Gate-Account-Id: b\r\nX_Gate_Verification: c\r\n",
                  {.authorization = true, .set = {}, .ours = all}) ==
          "authorization, x-gate-account-id, X_Gate_Verification, X-Gate-Verification, X-Gate-Assertion");
}
