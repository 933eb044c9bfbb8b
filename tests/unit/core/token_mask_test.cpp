#include <gate/core/token_mask.hpp>

#include <catch.hpp>
#include <string>
#include <vector>

using namespace gate::core;

namespace {

std::string encoded(std::string_view text) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out;
    for (const char c : text) {
        const auto code = static_cast<unsigned char>(c);
        out += {'%', digits[code >> 4], digits[code & 15]};
    }
    return out;
}

std::string base64(std::string_view text) {
    constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    for (std::size_t i = 0; i < text.size(); i += 3) {
        std::uint32_t group = 0;
        for (std::size_t j = 0; j < 3; ++j)
            group = group << 8 | (i + j < text.size() ? static_cast<unsigned char>(text[i + j]) : 0U);
        for (unsigned j = 0; j < 4; ++j)
            out += i + j > text.size() ? '=' : digits[group >> (18 - 6 * j) & 63];
    }
    return out;
}

}  // namespace

TEST_CASE("rule 25: tokens in a text are masked, and nothing else") {
    const struct {
        std::string text, shown;
    } table[] = {
        {"", ""},
        {"/v1/orders", "/v1/orders"},
        {"gacct_1 req_0123 sig_x img_a_b", "gacct_1 req_0123 sig_x img_a_b"},
        {"/100%/50%25/%20a%2Fb%C3%A9%zz", "/100%/50%25/%20a%2Fb%C3%A9%zz"},
        {"/x/agt_abc-1/y?", "/x/agt_***?"},
        {"a\\b \\u00e9 \\x20 \\u12", "a\\b \\u00e9 \\x20 \\u12"},
        {"curl (agt_a; agt_b=)", "curl (agt_***; agt_***=)"},
        {"agt_", "agt_***"},
        {"xagt_secret", "xagt_***"},
        {"aagt_secret.api.test:80", "aagt_***.api.test:80"},
        {"agt_secret.api.test:80", "agt_***:80"},
        {"AGT_SECRET AgT_s", "agt_*** agt_***"},
        {"agt_a b", "agt_*** b"},
        {"agt_a agt_b,agt_c", "agt_*** agt_***,agt_***"},
        {"agt", "agt"},
        {"agt\xc3\xa9_x", "agt\xc3\xa9_x"},
        {"\xc3\xa9"
         "agt_x\xc3\xa9",
         "\xc3\xa9"
         "agt_***\xc3\xa9"},
    };
    for (const auto& row : table) {
        INFO(row.text);
        CHECK(without_tokens(row.text) == row.shown);
        CHECK(holds_token(row.text) == (row.text != row.shown));
    }
}

TEST_CASE("rule 25: a token is masked however it is percent-encoded") {
    const std::string token = "agt_Secret-1";
    const auto once = encoded(token);
    const auto twice = encoded(once);
    const std::vector<std::string> texts{once,
                                         twice,
                                         encoded(twice),
                                         encoded("agt") + "_Secret-1",
                                         "agt%5fSecret-1",
                                         "agt%5FSecret-1",
                                         "%61gt_Secret-1",
                                         "%41%47%54%5FSecret-1",
                                         "agt%255fSecret-1",
                                         "%2561%25%36%37t_Secret-1",
                                         "%%36%31gt_Secret-1",
                                         "%6%31gt_Secret-1",
                                         "agt_%53ecret%2D1",
                                         "agt_%2553ecret-1"};
    for (const auto& text : texts) {
        INFO(text);
        CHECK(without_tokens(text) == "agt_***");
        CHECK(without_tokens("/a/" + text + "?b") == "/a/agt_***?b");
        CHECK(without_tokens("%20" + text + "%20") == "%20agt_***%20");
    }
}

TEST_CASE("rule 25: a token is masked where an escape swallows its first letter") {
    CHECK(without_tokens("/%2agt_secret") == "/%2agt_***");
    CHECK(without_tokens("/%2Agt_secret") == "/%2agt_***");
    CHECK(without_tokens("/%2%61gt_secret") == "/%2agt_***");
    CHECK(without_tokens("/%25%32%61gt_secret") == "/%25%32agt_***");
    CHECK(without_tokens("/\\u002agt_secret/x") == "/\\u002agt_***");
    CHECK(without_tokens("/\\x2agt_secret/x") == "/\\x2agt_***");
    CHECK(without_tokens("/%2FndF94") == "/%2agt_***");
}

TEST_CASE("rule 25: within a longer word a token ends where the word ends") {
    const struct {
        std::string text, shown;
    } table[] = {
        {"/v1/flagt_status-1/orders/17?x", "/v1/flagt_***/orders/17?x"},
        {"1agt_a_b.html~x", "1agt_***.html~x"},
        {"xagt_a+agt_b/c d", "xagt_***+agt_*** d"},
        {"%41agt_a/b", "%41agt_***/b"},
        {"%2Fagt_a/b", "%2Fagt_***"},
        {"\\u0041\\u0061gt_a/b", "\\u0041agt_***/b"},
        {"x_agt_a/b", "x_agt_***"},
    };
    for (const auto& row : table) {
        INFO(row.text);
        CHECK(without_tokens(row.text) == row.shown);
        CHECK(without_tokens(row.shown) == row.shown);
    }
}

TEST_CASE("rule 25: a token is masked in base64, wherever it stands there") {
    for (const std::string before : {"", "u", "us", "u:", "user:", "\x12\xff\x80"}) {
        for (const std::string after : {"x", "Secret-1", "xyz:password", "\xff\xff"}) {
            const auto word = base64(before + "agt_" + after);
            INFO(before << " agt_ " << after << ": " << word);
            const auto shown = without_tokens("Basic " + word + " rest");
            CHECK(shown.starts_with("Basic "));
            CHECK(shown.ends_with(" rest"));
            const auto mask = shown.find("agt_***");
            REQUIRE(mask != std::string::npos);
            CHECK(mask <= 6 + (before.size() * 4 + 2) / 3 + 1);
            CHECK(shown.find_first_not_of('=', mask + 7) == shown.size() - 5);
            CHECK(holds_token(word));
            CHECK(without_tokens(shown) == shown);
            CHECK(without_tokens("/v1/" + encoded(word) + "?").starts_with("/v1/"));
            CHECK(holds_token(encoded(word)));
            CHECK(holds_token("agent/1.0 " + word + " (a text that is longer)"));
        }
    }
}

TEST_CASE("what resembles base64 of a token stays readable") {
    for (const std::string text : {"YWd0", "YWd0X", "YWd0Xa", "YWD0Xw", "hZ3R", "hZ3Rg", "FndF", "FndFa",
                                   "ywd0xw", "Basic dXNlcjpwdw=="})
        CHECK(without_tokens(text) == text);
}

TEST_CASE("rule 25: a token is masked behind the escapes of JSON and JavaScript") {
    for (const std::string text :
         {"\\u0061gt_Secret-1", "\\u0061\\u0067\\u0074\\u005f\\u0053ecret-1", "\\x61gt\\x5FSecret-1",
          "a\\u0067t_Secret-1", "\\u0041GT_Secret-1", "%5Cu0061gt_Secret-1", "\\u005cu0061gt_Secret-1",
          "\\u00%361gt_Secret-1", "\\u0025\\x361gt_Secret-1"}) {
        INFO(text);
        CHECK(without_tokens(text) == "agt_***");
        CHECK(without_tokens("{\"key\": \"" + text + "\"}") == "{\"key\": \"agt_***\"}");
    }
}

TEST_CASE("a text that has been masked stays as it is") {
    for (const std::string text : {"agt_***", "x%2agt_***?y", "agt_*** agt_***"})
        CHECK(without_tokens(text) == text);
}

TEST_CASE("the mask's first letter completes no group that stands before it") {
    for (const std::string text :
         {"%5hZ3Rf", "%255hZ3Rf", "\\x5hZ3Rf", "\\u005hZ3Rf", "%5%5hZ3Rf", "\\u005%5%5hZ3Rf"}) {
        INFO(text);
        CHECK(without_tokens("agt_x" + text) == "agt_***");
        CHECK(without_tokens("/v1/5" + text) == "/v1/5agt_***");
    }
    CHECK(without_tokens("%hZ3Rf") == "%agt_***");
    CHECK(without_tokens("\\u05hZ3Rf") == "\\u05agt_***");
}

TEST_CASE("a token is found wherever it stands, whatever the length of the text") {
    for (std::size_t before = 0; before < 40; ++before) {
        for (std::size_t behind = 0; behind < 40; ++behind) {
            const std::string left(before, ' ');
            const std::string right(behind, ' ');
            INFO(before << ", " << behind);
            CHECK(without_tokens(left + "agt_x" + right) == left + "agt_***" + right);
            CHECK(without_tokens(left + "agt_" + right) == left + "agt_***" + right);
            CHECK(without_tokens(left + "%61gt%5f" + right) == left + "agt_***" + right);
            CHECK(without_tokens(left + "YWd0Xw" + right) == left + "agt_***" + right);
            CHECK(without_tokens(left + "FndF8" + right) == left + "agt_***" + right);
            CHECK(without_tokens(left + "hZ3Rf" + right) == left + "agt_***" + right);
            CHECK(without_tokens(left + "\\x61gt_" + right) == left + "agt_***" + right);
            CHECK(without_tokens(left + "g_%" + right) == left + "g_%" + right);
        }
    }
}

TEST_CASE("a text full of percent signs is read in one pass") {
    const std::string many(100'000, '%');
    CHECK(without_tokens(many) == many);
    CHECK(without_tokens(many + "agt_x") == many + "agt_***");
    std::string nested = "61gt_x";
    for (int i = 0; i < 50'000; ++i) nested.insert(0, "25");
    CHECK(without_tokens("%" + nested) == "agt_***");
}

TEST_CASE("a token is found behind 15 encodings that each leave half a group pending") {
    std::string letter = "1";
    for (int round = 0; round < 15; ++round) letter.insert(0, "%3");
    CHECK(without_tokens("%6" + letter + "gt_x") == "agt_***");
    std::string unicode = "1";
    for (int round = 0; round < 15; ++round) unicode.insert(0, "\\u003");
    CHECK(without_tokens("\\u006" + unicode + "gt_x") == "agt_***");
    const std::string junk(200, '%');
    CHECK(without_tokens(junk + "%6" + letter + "gt_x") == junk + "agt_***");
}
