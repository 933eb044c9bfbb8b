#include <gate/config/account_list.hpp>

#include <catch.hpp>
#include <utility>

using namespace gate::config;

namespace {

std::vector<std::string> problems_of(std::string_view text) {
    std::vector<std::string> out;
    for (const auto& each : parse_account_list(text).problems) out.push_back(describe(each, "b.txt"));
    return out;
}

}  // namespace

TEST_CASE("a list has one account a line, with comments, blank lines and CRLF") {
    const auto list =
        parse_account_list(std::string_view("# who has to wait\r\n"
                                            "gacct_1\r\n"
                                            "\r\n"
                                            "  gacct_2\t# spam\n"
                                            " # nobody\n"
                                            "gacct_3"));
    CHECK(list.problems.empty());
    CHECK(list.accounts == std::vector<std::string>{"gacct_1", "gacct_2", "gacct_3"});
}

TEST_CASE("a comment alone blocks nobody, and an empty file is not a list") {
    CHECK(parse_account_list(std::string_view("#\n")).problems.empty());
    CHECK(parse_account_list(std::string_view("#\n")).accounts.empty());
    CHECK(problems_of("") ==
          std::vector<std::string>{"b.txt: is empty; a file with nothing but a comment (#) blocks nobody"});
}

TEST_CASE("a wrong line is a problem with its number, and without its content") {
    using namespace std::string_literals;
    const auto [line, message] = GENERATE(values<std::pair<std::string, std::string>>({
        {"gacct_1 gacct_2", "holds more than one account"},
        {"gacct_1,gacct_2 ,", "holds more than one account"},
        {"gacct_\xc3\xa4", "needs an account id: visible ASCII, at most 256 bytes"},
        {"gacct_\0x"s, "needs an account id: visible ASCII, at most 256 bytes"},
        {"\xef\xbb\xbfgacct_1", "needs an account id: visible ASCII, at most 256 bytes"},
        {"sk_live_secret", "needs an account id: visible ASCII, at most 256 bytes"},
        {std::string(257, 'a'), "needs an account id: visible ASCII, at most 256 bytes"},
        {"agt_secret", "holds an agent token where an account id is needed"},
    }));
    CAPTURE(line);
    CHECK(problems_of("gacct_1\n" + line + "\n#\n") == std::vector<std::string>{"b.txt:2: " + message});
    CHECK(parse_account_list("gacct_1\n" + line).accounts.empty());
}

TEST_CASE("of many wrong lines the first ones are told, and how many more there are") {
    std::string text;
    for (int i = 0; i < 25; ++i) text += "a b\n";
    const auto told = problems_of(text);
    REQUIRE(told.size() == 11);
    CHECK(told.front() == "b.txt:1: holds more than one account");
    CHECK(told.back() == "b.txt: 15 more lines are wrong");
}

TEST_CASE("a list has at most 100000 accounts") {
    std::string text;
    for (std::size_t i = 0; i < most_listed_accounts; ++i) text += "g" + std::to_string(i) + "\n";
    CHECK(parse_account_list(std::string_view(text)).accounts.size() == most_listed_accounts);
    CHECK(problems_of(text + "one_more") ==
          std::vector<std::string>{"b.txt: holds more than 100000 accounts"});
}

TEST_CASE("a file that cannot be read is a problem") {
    const auto list = read_account_list("/no/such/file");
    REQUIRE(list.problems.size() == 1);
    CHECK(describe(list.problems[0], "x") == "x: cannot be read: No such file or directory");
    CHECK(read_account_list("/").problems.at(0).message == "is a directory");
}
