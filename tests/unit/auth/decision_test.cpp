#include <gate/auth/decision.hpp>

#include <catch.hpp>
#include <stdexcept>
#include <string>

using gate::auth::identity;

TEST_CASE("an identity has its header line ready-made") {
    const identity who("X-Gate-Account-Id: ", "gacct_1");
    CHECK(who);
    CHECK(who.account_id() == "gacct_1");
    CHECK(who.header_line() == "X-Gate-Account-Id: gacct_1\r\n");
}

TEST_CASE("nobody has neither an account nor a header line") {
    identity who;
    CHECK_FALSE(who);
    CHECK(who.account_id().empty());
    CHECK(who.header_line().empty());
    who.assign("A: ", "b");
    who = {};
    CHECK_FALSE(who);
    CHECK(who.header_line().empty());
}

TEST_CASE("a copy of an identity is its own") {
    identity who("A: ", "first");
    const identity copy = who;
    who.assign("Header: ", "second");
    CHECK(copy.header_line() == "A: first\r\n");
    who = copy;
    const auto& self = who;
    who = self;
    CHECK(who.header_line() == "A: first\r\n");
}

TEST_CASE("the longest identity fits, and a longer one is refused") {
    const std::string begin = std::string(identity::max_header_name, 'H') + ": ";
    const std::string account(identity::max_account_id, 'a');
    CHECK(identity(begin, account).header_line() == begin + account + "\r\n");
    CHECK_THROWS_AS(identity(begin + ' ', "a"), std::length_error);
    CHECK_THROWS_AS(identity("A: ", account + 'a'), std::length_error);
}
