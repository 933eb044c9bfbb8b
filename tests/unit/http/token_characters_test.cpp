#include "chars.hpp"

#include <gate/http/token_characters.hpp>

#include <catch.hpp>

using namespace gate::http;

TEST_CASE("a token has letters, digits and fifteen marks, and none of the delimiters") {
    unsigned count = 0;
    for (unsigned byte = 0; byte < 256; ++byte) {
        const auto c = static_cast<char>(byte);
        INFO("byte " << byte);
        CHECK(is_token(c) == is_token_character(c));
        if (is_token_character(c)) ++count;
    }
    CHECK(count == 26 + 26 + 10 + 15);
    for (const char c : std::string_view("\"(),/:;<=>?@[\\]{} \t\r\n\0\x7f\x80\xff", 25))
        CHECK_FALSE(is_token_character(c));
}
