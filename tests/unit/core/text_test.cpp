#include <gate/core/civil_time.hpp>
#include <gate/core/hex.hpp>
#include <gate/core/percent_decoding.hpp>
#include <gate/core/random.hpp>
#include <gate/core/text.hpp>

#include <array>
#include <catch.hpp>
#include <string>

using namespace gate::core;

TEST_CASE("letters are compared whatever their case, and nothing else is folded") {
    CHECK(iequals("Chunked", "cHUNKED"));
    CHECK_FALSE(iequals("chunked", "chunkee"));
    CHECK_FALSE(iequals("chunked", "chunke"));
    CHECK(iequals("", ""));
    CHECK_FALSE(iequals("@", "`"));
    CHECK_FALSE(iequals("\xC0", "\xE0"));
}

TEST_CASE("a text changes the case of its letters, and keeps all else") {
    CHECK(lowered("Az@[`{09-_") == "az@[`{09-_");
    CHECK(uppered("aZ@[`{09-_") == "AZ@[`{09-_");
    CHECK(lowered("\xC0\xDE") == "\xC0\xDE");
    CHECK(uppered("\xE0\xFE") == "\xE0\xFE");
    CHECK(lowered("") == "");
}

TEST_CASE("a visible character is ASCII, and neither a blank nor a control character") {
    for (const char c : std::string("!09AZaz~")) CHECK(is_visible(c));
    for (const char c : std::string(" \t\x1f\0\x7f\x80\xff", 7)) CHECK_FALSE(is_visible(c));
}

TEST_CASE("what a terminal would not show is a question mark") {
    CHECK(printable_text("a ~!") == "a ~!");
    CHECK(printable_text(std::string_view("\0\x1b\n\x7f\xc3\xa9", 6)) == "??????");
    CHECK(printable_text("") == "");
}

TEST_CASE("a number has digits alone, and one at least") {
    CHECK(all_digits("0"));
    CHECK(all_digits("0123456789"));
    for (const char* text : {"", "-1", "1.5", " 1", "1a", "/", ":"}) CHECK_FALSE(all_digits(text));
}

TEST_CASE("white space is taken off both ends, and off nothing between them") {
    CHECK(trim("\t a b \t") == "a b");
    CHECK(trim(" \t") == "");
    CHECK(trim("") == "");
    CHECK(trim("\ra\n") == "\ra\n");
    CHECK(trim("\r a\n", is_white_space) == "a");
}

TEST_CASE("hexadecimal digits are written in lower case and read in both") {
    std::string text(16, '\0');
    CHECK(write_hex(std::uint64_t{0x0123456789abcdef}, text.data()) == text.data() + 16);
    CHECK(text == "0123456789abcdef");
    const std::array<std::uint8_t, 3> bytes{0x00, 0x9f, 0xa5};
    CHECK(write_hex(bytes, text.data()) == text.data() + 6);
    CHECK(text.substr(0, 6) == "009fa5");
    CHECK(hex_value('F') == 15);
    CHECK(hex_value('f') == 15);
    CHECK(hex_value('9') == 9);
    for (const char c : std::string("/:@G`g\0 \xff", 9)) CHECK_FALSE(is_hex_digit(c));
}

TEST_CASE("percent-decoding needs two digits after each sign, and leaves all else as it is") {
    CHECK(percent_decoded("agt_a%2Fb%2b") == "agt_a/b+");
    CHECK(percent_decoded("plain + %25") == "plain + %");
    CHECK(percent_decoded("%00") == std::string(1, '\0'));
    CHECK(percent_decoded("") == "");
    for (const char* text : {"%", "%4", "%zz", "a%1", "%4g", "%u0041"}) CHECK_FALSE(percent_decoded(text));
}

TEST_CASE("a point in time and its date lead to each other") {
    using namespace std::chrono;
    for (const auto seconds : {0, -1, 951'782'400, 951'868'799, 1'772'712'184}) {
        const sys_seconds when(std::chrono::seconds{seconds});
        CHECK(to_seconds(to_civil(when)) == when);
    }
    const auto leap_day = to_civil(sys_seconds(951'782'400s));
    CHECK(leap_day.year == 2000);
    CHECK(leap_day.month == 2);
    CHECK(leap_day.day == 29);
    CHECK_FALSE(to_seconds({2001, 2, 29, 0, 0, 0}));
    CHECK_FALSE(to_seconds({2001, 1, 1, 24, 0, 0}));
}

TEST_CASE("random numbers differ") {
    CHECK(random_number() != random_number());
}
