#include "asking.hpp"

#include <gate/answer/question.hpp>

using namespace gate;
using answer::question;

TEST_CASE("what is asked is told by the path alone") {
    const struct {
        std::string target;
        question what;
        std::string behind;
    } table[] = {
        {"/auth", question::access, ""},
        {"/auth/", question::access, "/"},
        {"/auth?x=/refuse", question::access, "?x=/refuse"},
        {"/auth/v1/x?y=1", question::access, "/v1/x?y=1"},
        {"/auth/..%2f/../x", question::access, "/..%2f/../x"},
        {"/auth//evil", question::access, "//evil"},
        {"http://other.test/auth/x", question::access, "/x"},
        {"/refuse", question::refusal, ""},
        {"/refuse/auth", question::refusal, "/auth"},
        {"/refuse?auth", question::refusal, "?auth"},
        {"/", question::other, ""},
        {"/authx", question::other, ""},
        {"/auth%2f", question::other, ""},
        {"/auth;x", question::other, ""},
        {"/Auth", question::other, ""},
        {"//auth", question::other, ""},
        {"/./auth", question::other, ""},
        {"/x/auth", question::other, ""},
        {"/%61uth", question::other, ""},
        {"/refused", question::other, ""},
        {"http://other.test?/auth", question::other, ""},
    };
    for (const auto& row : table) {
        INFO(row.target);
        const test::asking one("", "GET " + row.target + " HTTP/1.1");
        const auto read = answer::read_question(one.facts.target);
        CHECK(read.endpoint == row.what);
        CHECK(read.behind == row.behind);
    }
}
