#include <gate/emulator/values.hpp>

#include <catch.hpp>

using namespace gate::emulator;

TEST_CASE("a count is digits only") {
    CHECK(parse_count("0") == 0U);
    CHECK(parse_count("18446744073709551615") == ~std::uint64_t{0});
    for (const char* text : {"", "+1", "-1", "1 ", "0x1", "18446744073709551616"})
        CHECK_FALSE(parse_count(text));
}

TEST_CASE("a probability lies between 0 and 1") {
    CHECK(parse_probability("0") == 0.0);
    CHECK(parse_probability("1.0") == 1.0);
    CHECK(*parse_probability("0.25") == Approx(0.25));
    for (const char* text : {"", ".", ".5", "1.", "1.01", "2", "-0.1", "0.1.2", "1e-1", "nan"}) {
        INFO(text);
        CHECK_FALSE(parse_probability(text));
    }
}

TEST_CASE("base64 needs its padding") {
    CHECK(parse_base64("YQ==") == "a");
    CHECK(parse_base64("YWI=") == "ab");
    CHECK(parse_base64("YWJj") == "abc");
    CHECK(parse_base64("AAAA") == std::string(3, '\0'));
    for (const char* text : {"", "YQ", "YQ=", "Y!==", "YQ==x"}) CHECK_FALSE(parse_base64(text));
}

TEST_CASE("a field value has no control characters") {
    CHECK(is_field_value("max-age=60, private"));
    CHECK_FALSE(is_field_value("a\r\nb"));
    CHECK_FALSE(is_field_value("\x7f"));
}
