
#include <catch.hpp>
#include <made_identity.hpp>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>

using gate::auth::identity;
using tests = gate::auth::identity_for_tests;

// Who may say for whom a request is: whatever else wants to has to ask the authenticator.
static_assert(!std::is_constructible_v<identity, const char*, const char*>);
static_assert(!std::is_constructible_v<identity, std::string_view, std::string_view>);
template <class T>
concept anybody_may_assign = requires(T& who) {
    who.assign("A: ", "b");
};
static_assert(!anybody_may_assign<identity>);
template <class T>
concept anybody_may_rename = requires(T& who) {
    who.put_under("A: ");
};
static_assert(!anybody_may_rename<identity>);

TEST_CASE("an identity has its header line ready-made") {
    const identity who = tests::of("gacct_1");
    CHECK(who);
    CHECK(who.account_id() == "gacct_1");
    CHECK(who.header_line() == "X-Gate-Account-Id: gacct_1\r\n");
}

TEST_CASE("nobody has neither an account nor a header line") {
    identity who;
    CHECK_FALSE(who);
    CHECK(who.account_id().empty());
    CHECK(who.header_line().empty());
    tests::assign(who, "A: ", "b");
    who = {};
    CHECK_FALSE(who);
    CHECK(who.header_line().empty());
}

TEST_CASE("a copy of an identity is its own") {
    identity who = tests::of("first", "A: ");
    const identity copy = who;
    tests::assign(who, "Header: ", "second");
    CHECK(copy.header_line() == "A: first\r\n");
    who = copy;
    const auto& self = who;
    who = self;
    CHECK(who.header_line() == "A: first\r\n");
}

TEST_CASE("the longest identity fits, and a longer one is refused") {
    const std::string begin = std::string(identity::max_header_name, 'H') + ": ";
    const std::string account(identity::max_account_id, 'a');
    CHECK(tests::of(account, begin).header_line() == begin + account + "\r\n");
    CHECK_THROWS_AS(tests::of("a", begin + ' '), std::length_error);
    CHECK_THROWS_AS(tests::of(account + 'a', "A: "), std::length_error);
}
