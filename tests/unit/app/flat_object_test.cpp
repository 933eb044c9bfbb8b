#include <gate/app/flat_object.hpp>

#include <catch.hpp>

using gate::app::read_flat_object;

TEST_CASE("the members of a flat object are read in their order") {
    const auto got = read_flat_object(" {\"a\": \"x\\u0041\", \"b\": true,\n\"c\": false} ");
    REQUIRE(got);
    REQUIRE(got->size() == 3);
    CHECK((*got)[0].name == "a");
    CHECK((*got)[0].text.reveal() == "xA");
    CHECK(!(*got)[0].boolean);
    CHECK((*got)[1].boolean == true);
    CHECK((*got)[1].text.empty());
    CHECK((*got)[2].boolean == false);
    CHECK(read_flat_object("{}")->empty());
}

TEST_CASE("whatever is not one flat object is refused") {
    using namespace std::string_view_literals;
    const auto text = GENERATE(values<std::string_view>(
        {""sv,
         "x"sv,
         "\"a\""sv,
         "[]"sv,
         "null"sv,
         "{\"a\": 1}"sv,
         "{\"a\": null}"sv,
         "{\"a\": {}}"sv,
         "{\"a\": []}"sv,
         "{\"a\": \"x\"} {}"sv,
         "{\"a\": \"x\"},"sv,
         "{\"a\": \"x\",}"sv,
         "{\"a\": \"x\"}\0"sv,
         "{\"a\": \"x\", \"a\": \"x\"}"sv,
         "{\"a\": \"x\", \"\\u0061\": true}"sv,
         "{a: \"x\"}"sv,
         "{'a': 'x'}"sv,
         "{\"a\": \"\xff\"}"sv,
         "{\"a\": True}"sv,
         "{\"a\": \"x\""sv,
         "{\"1\":true,\"2\":true,\"3\":true,\"4\":true,\"5\":true,\"6\":true,\"7\":true,\"8\":true,\"9\":true}"sv}));
    INFO(text);
    CHECK(!read_flat_object(text));
}
