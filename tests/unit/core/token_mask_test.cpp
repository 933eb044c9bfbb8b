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
        {"curl (agt_a; agt_b=)", "curl (agt_***; agt_***=)"},
        {"agt_", "agt_***"},
        {"xagt_secret", "xagt_***"},
        {"aagt_secret.api.test:80", "aagt_***:80"},
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
}

TEST_CASE("a text that has been masked stays as it is") {
    for (const std::string text : {"agt_***", "x%2agt_***?y", "agt_*** agt_***"})
        CHECK(without_tokens(text) == text);
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
    const std::string junk(200, '%');
    CHECK(without_tokens(junk + "%6" + letter + "gt_x") == junk + "agt_***");
}
