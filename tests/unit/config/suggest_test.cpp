#include <gate/config/suggest.hpp>

#include <array>
#include <catch.hpp>

using namespace gate::config;

TEST_CASE("the edit distance counts insertions, deletions, replacements and swaps") {
    CHECK(edit_distance("", "") == 0);
    CHECK(edit_distance("", "abc") == 3);
    CHECK(edit_distance("ttl", "ttl") == 0);
    CHECK(edit_distance("tll", "ttl") == 1);
    CHECK(edit_distance("kitten", "sitting") == 3);
    CHECK(edit_distance("cahce", "cache") == 1);
    CHECK(edit_distance("abcd", "badc") == 2);
}

TEST_CASE("only a near word is suggested, and the nearest one") {
    constexpr std::array<std::string_view, 3> words{"ttl", "negative_ttl", "max_entries"};
    CHECK(nearest("tll", words) == "ttl");
    CHECK(nearest("max_entrys", words) == "max_entries");
    CHECK(nearest("negativ_ttl", words) == "negative_ttl");
    CHECK(nearest("colour", words).empty());
    CHECK(nearest("", words).empty());
    CHECK(nearest(std::string(65, 't'), words).empty());
}
