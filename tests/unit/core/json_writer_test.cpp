#include <gate/core/json_writer.hpp>

#include <rapidjson/document.h>

#include <algorithm>
#include <catch.hpp>
#include <vector>

using namespace gate::core;

namespace {

rapidjson::Document parsed(std::string_view text) {
    rapidjson::Document out;
    out.Parse<rapidjson::kParseValidateEncodingFlag>(text.data(), text.size());
    return out;
}

std::string written(std::string_view text) {
    json_writer to;
    to.value(text);
    return std::string(to.text());
}

std::string read_back(std::string_view json) {
    const auto text = parsed(json);
    REQUIRE(text.IsString());
    return {text.GetString(), text.GetStringLength()};
}

}  // namespace

TEST_CASE("JSON is written with members of each kind, and without white space") {
    json_writer to;
    to.begin_object();
    to.member("text", "a");
    to.member("flag", true);
    to.member("number", std::size_t{7});
    to.member("less", -7);
    to.list("list", std::vector<std::string>{"x", "y"});
    to.name("inner");
    to.begin_object();
    to.end_object();
    to.end_object();
    CHECK(to.text() == R"({"text":"a","flag":true,"number":7,"less":-7,"list":["x","y"],"inner":{}})");
}

TEST_CASE("each byte makes valid JSON, wherever it stands in a text") {
    for (int byte = 0; byte < 256; ++byte) {
        const std::string odd(1, static_cast<char>(byte));
        for (const auto& text : {odd, "a" + odd, odd + "\"", odd + "\\", "\xe2\x82" + odd, odd + odd + odd}) {
            INFO(byte);
            const auto json = written(text);
            CHECK_FALSE(parsed(json).HasParseError());
            CHECK(std::ranges::all_of(json, [](char c) { return c >= 0x20; }));
        }
    }
}

TEST_CASE("a text is read back as it was written") {
    for (const std::string text :
         {"", "plain", "caf\xc3\xa9 \xf0\x9f\x98\x80", "\"\\/\b\f\n\r\t", "</script>"}) {
        INFO(text);
        CHECK(read_back(written(text)) == text);
    }
    CHECK(read_back(written(std::string_view("a\0b", 3))) == std::string("a\0b", 3));
}

TEST_CASE("nothing is read beyond the end of a text") {
    const std::string_view cut = std::string_view("\xf0\x9f\x98\x80").substr(0, 2);
    CHECK(read_back(written(cut)) == "\xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST_CASE("characters that steer a terminal or reorder a line are escaped") {
    CHECK(written("\xc2\x9b"
                  "31m\xe2\x80\xae") == R"("\u009B31m\u202E")");
}
