#include <gate/core/utf8.hpp>

#include <array>
#include <catch.hpp>
#include <utility>

using namespace gate::core;

TEST_CASE("a sequence of UTF-8 is as RFC 3629 has it") {
    constexpr std::array<std::pair<std::string_view, std::size_t>, 17> table{{
        {"a", 1},
        {"\x7f", 1},
        {"\x80", 0},
        {"\xc1\x81", 0},
        {"\xc3\xa9", 2},
        {"\xc3", 0},
        {"\xc3(", 0},
        {"\xe0\x9f\xbf", 0},
        {"\xe2\x82\xac", 3},
        {"\xe2\x82", 0},
        {"\xed\xa0\x80", 0},
        {"\xf0\x8f\xbf\xbf", 0},
        {"\xf0\x9f\x98\x80", 4},
        {"\xf0\x9f\x98", 0},
        {"\xf4\x90\x80\x80", 0},
        {"\xf5\x80\x80\x80", 0},
        {"\xff", 0},
    }};
    for (const auto& [text, length] : table) {
        INFO(text);
        CHECK(utf8_sequence(text) == length);
        CHECK(is_utf8(text) == (length > 0));
    }
    CHECK(is_utf8(""));
}

TEST_CASE("what is not UTF-8 is replaced, and nothing else is") {
    CHECK(repaired_utf8("caf\xc3\xa9") == "caf\xc3\xa9");
    CHECK(repaired_utf8("\xff"
                        "a\xe2\x82") ==
          "\xEF\xBF\xBD"
          "a\xEF\xBF\xBD\xEF\xBF\xBD");
    CHECK(is_utf8(repaired_utf8("\xed\xa0\x80\xc0\xaf\xf4\x90\x80\x80")));
}
