#include <gate/app/request_members.hpp>

#include <catch.hpp>
#include <utility>

using namespace gate;
using namespace std::chrono_literals;
using app::request_members;

namespace {

config::parsed<request_members> read(std::string_view body) {
    return request_members::read(body, {"account", "for"});
}

}  // namespace

TEST_CASE("a body is an object of the texts that its endpoint knows") {
    const auto body = read(R"({"account": "gacct_1", "for": "10m"})");
    REQUIRE(body);
    CHECK(*body->account() == "gacct_1");
    CHECK(*body->span(1h) == 10min);
    CHECK_FALSE(body->text("level"));

    const auto without = read(R"({})");
    REQUIRE(without);
    CHECK(*without->span(1h) == 0ms);
    CHECK(without->account().error() == "'account' is missing: the id of an account, such as gacct_...");
}

TEST_CASE("a body of another form is a problem that does not show it") {
    const auto [body, problem] = GENERATE(values<std::pair<std::string, std::string>>({
        {"", "The body must be one JSON object of texts: account, for."},
        {"[]", "The body must be one JSON object of texts: account, for."},
        {R"({"account": 1})", "The body must be one JSON object of texts: account, for."},
        {R"({"account": "a"} x)", "The body must be one JSON object of texts: account, for."},
        {R"({"account": "a", "account": "b"})", "The body must be one JSON object of texts: account, for."},
        {R"({"account": true})", "'account' must be a text."},
        {R"({"Account": "agt_secret"})",
         "The body has a member that is not known here; known are account, for."},
    }));
    CAPTURE(body);
    CHECK(read(body).error() == problem);
}

TEST_CASE("an account is an id, and no token") {
    for (const auto* wrong : {"", "a b", "\xc3\xa4", "sk_live_1"}) {
        CAPTURE(wrong);
        const auto body = read(std::string(R"({"account": ")") + wrong + "\"}");
        REQUIRE(body);
        CHECK(body->account().error() ==
              "'account' must be an account id: visible ASCII, at most 256 bytes.");
    }
    CHECK(read(R"({"account": "agt_secret"})")->account().error() ==
          "'account' holds an agent token; the id of an account is needed.");
}

TEST_CASE("a time has a unit and bounds") {
    for (const auto* wrong : {"10", "0", "999ms", "61m", "-1s", "", "1d", "1e3s"}) {
        CAPTURE(wrong);
        CHECK_FALSE(read(std::string(R"({"for": ")") + wrong + "\"}")->span(1h));
    }
    CHECK(read(R"({"for": "61m"})")->span(1h).error() == "'for' must be between 1s and 1h.");
}
