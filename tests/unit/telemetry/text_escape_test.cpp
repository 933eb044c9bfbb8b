#include "support.hpp"

#include <gate/telemetry/text_escape.hpp>

#include <memory>

using namespace gate::telemetry;
using namespace gate::telemetry::test;

namespace {

// Into memory of exactly the promised size, so that a sanitizer sees a byte too many.
std::string escaped(std::string_view text) {
    const std::string copy(text);
    const auto out = std::make_unique<char[]>(escaped_bound(text.size()));
    return {out.get(), write_escaped(out.get(), copy)};
}

}  // namespace

TEST_CASE("special characters are escaped wherever they stand in a text of any length") {
    struct row {
        std::string_view in, out;
    };
    const row rows[] = {
        {"\"", "\\\""},
        {"\\", "\\\\"},
        {"\n", "\\n"},
        {"\r", "\\r"},
        {"\t", "\\t"},
        {std::string_view("\0", 1), "\\u0000"},
        {"\x1B", "\\u001b"},
        {"\x7F", "\\u007f"},
        {"\xC2\x9B", "\\u009b"},
        {"\xC2\xA0", "\xC2\xA0"},
        {"\xD8\x9C", "\\u061c"},
        {"\xD8\x9D", "\xD8\x9D"},
        {"\xE2\x80\x8D", "\xE2\x80\x8D"},
        {"\xE2\x80\x8E", "\\u200e"},
        {"\xE2\x80\x8F", "\\u200f"},
        {"\xE2\x80\x90", "\xE2\x80\x90"},
        {"\xE2\x80\xA7", "\xE2\x80\xA7"},
        {"\xE2\x80\xA8", "\\u2028"},
        {"\xE2\x80\xA9", "\\u2029"},
        {"\xE2\x80\xAA", "\\u202a"},
        {"\xE2\x80\xAE", "\\u202e"},
        {"\xE2\x80\xAF", "\xE2\x80\xAF"},
        {"\xE2\x81\xA5", "\xE2\x81\xA5"},
        {"\xE2\x81\xA6", "\\u2066"},
        {"\xE2\x81\xA9", "\\u2069"},
        {"\xE2\x81\xAA", "\xE2\x81\xAA"},
        {"\xE3\x80\x8E", "\xE3\x80\x8E"},
        {"\xC3\xA9", "\xC3\xA9"},
        {"\xE2\x82\xAC", "\xE2\x82\xAC"},
        {"\xF0\x9F\x98\x80", "\xF0\x9F\x98\x80"},
    };
    for (const auto& [in, out] : rows) {
        for (std::size_t before = 0; before < 40; ++before) {
            for (std::size_t after = 0; after < 20; ++after) {
                const std::string head(before, 'a');
                const std::string tail(after, 'z');
                INFO("in " << out << " before " << before << " after " << after);
                REQUIRE(escaped(head + std::string(in) + tail) == head + std::string(out) + tail);
            }
        }
    }
}

TEST_CASE("every byte value comes out as valid JSON that reads back as itself, or as U+FFFD") {
    for (unsigned value = 0; value < 256; ++value) {
        for (const std::size_t size : {1u, 3u, 5u, 9u, 17u, 40u}) {
            const std::string text(size, static_cast<char>(value));
            const auto line = parse("{\"v\":\"" + escaped(text) + "\"}");
            std::string expected = text;
            if (value >= 0x80) {
                expected.clear();
                for (std::size_t i = 0; i < size; ++i) expected += "\xEF\xBF\xBD";
            }
            INFO(value);
            REQUIRE(text_of(line, "v") == expected);
        }
    }
}

TEST_CASE("what is not UTF-8 is replaced") {
    const std::string replacement = "\xEF\xBF\xBD";
    const std::string_view broken[] = {
        "\x80",              // a continuation without a beginning
        "\xC3",              // a beginning without its continuation
        "\xC0\xAF",          // overlong
        "\xE0\x80\xAF",      // overlong
        "\xED\xA0\x80",      // a surrogate
        "\xF0\x80\x80\x80",  // overlong
        "\xF4\x90\x80\x80",  // beyond U+10FFFF
        "\xF5\x80\x80\x80",  // no such beginning
        "\xE2\x82",          // cut short
        "\xFF",
    };
    for (const auto text : broken) {
        std::string expected;
        for (std::size_t i = 0; i < text.size(); ++i) expected += replacement;
        CHECK(escaped(text) == expected);
        CHECK(escaped("0123456789abcdef" + std::string(text)) == "0123456789abcdef" + expected);
    }
    CHECK(escaped("\xC3(") == replacement + "(");
}

TEST_CASE("a text is clipped before the character that does not fit") {
    CHECK(clip("abc", 3) == "abc");
    CHECK(clip("abcd", 3) == "abc");
    CHECK(clip("ab\xC3\xA9", 3) == "ab");
    CHECK(clip("a\xF0\x9F\x98\x80", 4) == "a");
    CHECK(clip("a\xF0\x9F\x98\x80", 5) == "a\xF0\x9F\x98\x80");
    CHECK(clip("\x80\x80\x80\x80\x80\x80", 5).size() >= 2);
}
