#include <gate/auth/token.hpp>

#include <catch.hpp>
#include <cctype>
#include <cstring>
#include <string>
#include <vector>

using namespace gate;
using auth::token_kind;

namespace {

// Its views lead to where `values` lead.
http::request_head head_with(const std::vector<std::string_view>& values) {
    http::request_head head;
    for (const auto& value : values) {
        head.fields.push_back({"Authorization", value, {}, http::field_id::authorization});
        head.present |= 1U << static_cast<unsigned>(http::field_id::authorization);
    }
    return head;
}

struct row {
    std::string value;
    token_kind kind;
    std::string token = {};
};

std::string base64(std::string_view text) {
    constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    for (std::size_t i = 0; i < text.size(); i += 3) {
        std::uint32_t bits = 0;
        for (std::size_t j = 0; j < 3; ++j)
            bits = bits << 8 | (i + j < text.size() ? static_cast<unsigned char>(text[i + j]) : 0U);
        for (unsigned j = 0; j < 4; ++j) out += i + j > text.size() ? '=' : digits[bits >> (18 - 6 * j) & 63];
    }
    return out;
}

const std::string longest = "agt_" + std::string(508, 'a');

}  // namespace

TEST_CASE("the agent token is taken from one Bearer field and nothing else") {
    const std::vector<row> rows{
        {"Bearer agt_x", token_kind::agent, "agt_x"},
        {"bearer agt_x", token_kind::agent, "agt_x"},
        {"BEARER agt_x", token_kind::agent, "agt_x"},
        {"Bearer    agt_x", token_kind::agent, "agt_x"},
        {"Bearer agt_01HZ_a-b.c~d+e/f==", token_kind::agent, "agt_01HZ_a-b.c~d+e/f=="},
        {"Bearer " + longest, token_kind::agent, longest},

        {"Bearer " + longest + "a", token_kind::malformed},
        {"", token_kind::malformed},
        {"Bearer", token_kind::malformed},
        {"Bearer ", token_kind::malformed},
        {"Bearer\tagt_x", token_kind::malformed},
        {"Bearer:agt_x", token_kind::malformed},
        {"Bearer agt_", token_kind::malformed},
        {"Bearer agt_=", token_kind::malformed},
        {"Bearer agt_a=b", token_kind::malformed},
        {"Bearer agt_x y", token_kind::malformed},
        {"Bearer \"agt_x\"", token_kind::malformed},
        {"Bearer agt_x\xff", token_kind::malformed},
        {"Bearer agt_%41", token_kind::malformed},
        {"Bearer token=agt_x y", token_kind::malformed},
        {"Bearer \tagt_x", token_kind::malformed},
        {"agt_x", token_kind::malformed},
        {"AGT_x", token_kind::malformed},
        {"agt_x y", token_kind::malformed},

        {"Bearer sk_own_key", token_kind::other_credentials},
        {"Bearer 12|own", token_kind::other_credentials},
        {"Bearer AGT_x", token_kind::misplaced},
        {"bearer Agt_", token_kind::misplaced},
        {"Bearer AGT_" + longest, token_kind::misplaced},
        {"Bearer AGT_x!", token_kind::malformed},
        {"Bearer AGTx", token_kind::other_credentials},
        {"Bearer eyJhbGciOi.agt_.x", token_kind::other_credentials},
        {"Basic dXNlcjpwdw==", token_kind::other_credentials},
        {"Digest username=\"a\", realm=\"b\"", token_kind::other_credentials},
        {"Token xagt_y", token_kind::other_credentials},
        {"Token agt_", token_kind::other_credentials},
        {"Token AGT", token_kind::other_credentials},
        {"Basic " + base64("user:xagt_y"), token_kind::other_credentials},
        {"Basic " + base64("agt:_x"), token_kind::other_credentials},
        {"Digest " + base64("agt_x:"), token_kind::other_credentials},
        {"Basic", token_kind::other_credentials},

        {"Bearerer agt_x", token_kind::misplaced},
        {"Token agt_x", token_kind::misplaced},
        {"token AGT_x", token_kind::misplaced},
        {"Token token=agt_x", token_kind::misplaced},
        {"Token token=\"agt_x\"", token_kind::misplaced},
        {"Digest username=\"a\", realm=\"agt_x\"", token_kind::misplaced},
        {"Basic agt_x", token_kind::misplaced},
        {"Basic " + base64("agt_x:"), token_kind::misplaced},
        {"basic " + base64("user:agt_x"), token_kind::misplaced},
        {"BASIC   " + base64("user:agt_x:more"), token_kind::misplaced},
        {"Basic " + base64("a:AGT_x"), token_kind::misplaced},
        {"Basic YWd0X3g", token_kind::misplaced},
        {"Basic YW d0\tX3g=", token_kind::misplaced},
        {"Basic YQ==YWd0X3g6", token_kind::other_credentials},
        {"Basic Og==YWd0X3g6", token_kind::misplaced},
    };
    for (const auto& each : rows) {
        INFO("value: " << each.value);
        const auto head = head_with({each.value});
        const auto got = auth::extract_bearer(head);
        REQUIRE(got.has_value());
        CHECK(static_cast<int>(got->kind) == static_cast<int>(each.kind));
        CHECK(got->token == each.token);
    }
}

TEST_CASE("a request without Authorization has no token") {
    CHECK(auth::extract_bearer(head_with({}))->kind == token_kind::absent);
}

TEST_CASE("rule 4: two Authorization fields are refused, whatever they hold") {
    for (const auto& second : {"Bearer agt_y", "Bearer agt_x", "Basic eA==", ""}) {
        INFO(second);
        const auto head = head_with({"Bearer agt_x", second});
        const auto got = auth::extract_bearer(head);
        REQUIRE(got.has_error());
        CHECK(core::reason_of(got.error()) == core::reason::bad_authorization);
    }
}

TEST_CASE("rule 4: a Bearer field with a comma is refused") {
    for (const auto& value :
         {"Bearer agt_x, Bearer agt_y", "bearer agt_x,", "Bearer ,agt_x", "Bearer,agt_x"}) {
        INFO(value);
        const auto head = head_with({value});
        const auto got = auth::extract_bearer(head);
        REQUIRE(got.has_error());
        CHECK(core::reason_of(got.error()) == core::reason::bad_authorization);
    }
}

TEST_CASE("rule 16: each byte of a token is looked at, whatever its place") {
    const std::string plain(40, 'x');
    for (std::size_t at = 0; at < plain.size(); ++at) {
        for (unsigned value = 0; value < 256; ++value) {
            const auto c = static_cast<char>(value);
            const bool may_be = std::isalnum(static_cast<int>(value)) != 0 && value < 128;
            const bool is_mark = std::string_view("-._~+/").find(c) != std::string_view::npos;
            const bool ends_it = c == '=' && at + 1 == plain.size();
            auto token = "agt_" + plain;
            token[4 + at] = c;
            INFO("byte " << value << " at " << at);
            REQUIRE(auth::is_agent_token(token) == (may_be || is_mark || ends_it));
        }
    }
}

TEST_CASE("rule 16: a token that could break the call to Gate is never asked about") {
    for (int c = 0; c < 256; ++c) {
        const bool fits = std::isalnum(c) != 0 || (c != 0 && std::strchr("-._~+/", c) != nullptr);
        INFO("character " << c);
        CHECK(auth::is_agent_token("agt_a" + std::string(1, static_cast<char>(c)) + "b") == fits);
    }
}
