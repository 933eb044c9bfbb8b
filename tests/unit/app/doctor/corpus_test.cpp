#include <gate/app/doctor/corpus.hpp>

#include <algorithm>
#include <catch.hpp>

using namespace gate::app::doctor;

TEST_CASE("what is sent through others ends in the same place however it is read") {
    for (const auto& each : harmless_unclear_requests()) {
        INFO(each.description);
        CHECK(each.fields.find("Content-Length: 5\r\n") != std::string_view::npos);
        CHECK(each.body == "0\r\n\r\n");  // five bytes, and one last chunk
    }
}

TEST_CASE("the corpus holds what has broken proxies") {
    const auto all = unclear_requests();
    for (const auto* each : {"spaces in a field name", "a chunk size of more than 64 bits",
                             "a chunk size before a line feed alone", "a chunk extension without a name"})
        CHECK(std::ranges::count(all, std::string_view(each), &unclear_request::description) == 1);
}

TEST_CASE("a field is spelt in the ways that receivers fold, each once") {
    auto all = spellings_of("X-Gate-Account-Id", separators::all);
    for (const auto* each :
         {"X-Gate-Account-Id", "x-gate-account-id", "X_Gate_Account_Id", "X.Gate.Account.Id",
          "x_gate_account_id", "X_GATE_ACCOUNT_ID", "X_Gate-Account-Id"})
        CHECK(std::ranges::count(all, each) == 1);
    CHECK(all.front() == "X-Gate-Account-Id");
    CHECK(is_unusual("X_Gate-Account-Id", "X-Gate-Account-Id"));
    CHECK_FALSE(is_unusual("x-gate-account-id", "X-Gate-Account-Id"));
    CHECK_FALSE(is_unusual("X-Gate-Region", "X-Gate-Account-Id"));  // a load balancer's own
    for (const char separator : std::string_view("_.!~#$%&'*+^`|"))
        CHECK(std::ranges::count(all, std::string("X") + separator + "Gate" + separator + "Account" +
                                          separator + "Id") == 1);
    const auto known = spellings_of("X-Gate-Account-Id");
    CHECK(std::ranges::none_of(known, [](const auto& each) { return each.find('~') != each.npos; }));
}
