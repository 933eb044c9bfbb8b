#include <gate/emulator/json.hpp>
#include <gate/emulator/malformed.hpp>

#include <catch.hpp>
#include <sstream>

using namespace gate::emulator;

namespace {

std::string account_in(malformed_kind kind) {
    const auto document = parse_json(malformed_body(kind));
    REQUIRE(document);
    return string_member(*find_member(*document, "data"), "gate_account_id").value_or("(none)");
}

}  // namespace

TEST_CASE("every kind of broken answer has a name that leads back to it") {
    std::istringstream names(malformed_names());
    int kinds = 0;
    for (std::string name; std::getline(names >> std::ws, name, ',');) {
        INFO(name);
        const auto kind = parse_malformed(name);
        REQUIRE(kind);
        CHECK(to_string(*kind) == name);
        ++kinds;
    }
    CHECK(kinds == 11);
    CHECK_FALSE(parse_malformed("unheard_of"));
}

TEST_CASE("broken answers that are no JSON") {
    CHECK_FALSE(parse_json(malformed_body(malformed_kind::truncated)));
    CHECK_FALSE(parse_json(malformed_body(malformed_kind::not_json)));
    CHECK(malformed_body(malformed_kind::empty).empty());
}

TEST_CASE("broken answers that are JSON and still cannot be used") {
    CHECK(account_in(malformed_kind::account_crlf) == "gacct_a\r\nX-Injected: yes");
    CHECK(account_in(malformed_kind::account_control) == std::string("gacct_\0\x01\x7f\t", 10));
    CHECK(account_in(malformed_kind::account_long).size() > 4096);
    CHECK(account_in(malformed_kind::no_account) == "(none)");
    CHECK(parse_json(malformed_body(malformed_kind::wrong_types)));
    CHECK(parse_json(malformed_body(malformed_kind::deep)));
    CHECK(malformed_body(malformed_kind::valid_string).find(R"("valid":"true")") != std::string::npos);
    CHECK(malformed_body(malformed_kind::huge).size() > 4U * 1024 * 1024);
    CHECK(account_in(malformed_kind::huge) == "gacct_huge");
}
