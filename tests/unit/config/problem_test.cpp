#include <gate/config/problem.hpp>

#include <catch.hpp>

using namespace gate::config;

TEST_CASE("a problem is shown as file, line, column and message") {
    problem_list problems("a/b.yaml");
    problems.add(position{12, 3}, "is wrong");
    problems.add("FOIL_SECRET_KEY", "is missing");
    const auto all = problems.take();
    REQUIRE(all.size() == 2);
    CHECK(to_string(all[0]) == "a/b.yaml:12:3: is wrong");
    CHECK(all[0].at == position{12, 3});
    CHECK(to_string(all[1]) == "FOIL_SECRET_KEY: is missing");
}

TEST_CASE("problems come in the order of the file, then the others") {
    problem_list problems("f");
    problems.add("VARIABLE", "x");
    problems.add(position{10, 1}, "x");
    problems.add(position{2, 9}, "x");
    problems.add(position{2, 1}, "x");
    std::string order;
    for (const auto& p : problems.take()) order += p.where + " ";
    CHECK(order == "f:2:1 f:2:9 f:10:1 VARIABLE ");
}

TEST_CASE("no more than a hundred problems are shown, and the rest is counted") {
    problem_list problems("f");
    for (unsigned i = 1; i <= 150; ++i) problems.add(position{i, 1}, "x");
    const auto all = problems.take();
    REQUIRE(all.size() == 101);
    CHECK(to_string(all.back()) == "f: 50 more problems are not shown");
}

TEST_CASE("a quoted text is short, printable and never a secret") {
    CHECK(in_quotes("a b") == "'a b'");
    CHECK(in_quotes("a\nb\xff\x1b[2J") == "'a?b??[2J'");
    CHECK(in_quotes(std::string(61, 'a')) == "'" + std::string(60, 'a') + "...'");
    CHECK(in_quotes("sk_live_hunter2") == "(a secret, not shown)");
    CHECK(in_quotes("x sk_test_hunter2") == "(a secret, not shown)");
    CHECK(in_quotes("agt_hunter2") == "(a secret, not shown)");
    CHECK(in_quotes("AGT_hunter2") == "(a secret, not shown)");
    CHECK(in_quotes("/x/%61gt%5Fhunter2") == "(a secret, not shown)");
    CHECK(in_quotes("Bearer hunter2") == "(a secret, not shown)");
}

TEST_CASE("rule 25: a problem shows no agent token, wherever it came in") {
    CHECK(to_string({"/etc/agt_hunter2: 1", "key agt%5fhunter2 is unknown", {}}) ==
          "/etc/agt_***: 1: key agt_*** is unknown");
}
