// The options of `discovery`.
#include "config_support.hpp"

#include <gate/config/discovery_rules.hpp>

#include <array>
#include <catch.hpp>
#include <string>
#include <vector>

using namespace gate::config;
using namespace config_test;

namespace {

using texts = std::vector<std::string>;

}  // namespace

TEST_CASE("a public URL is absolute and canonical, and ends with its path") {
    const std::string good =
        GENERATE("", "https://api.example.com", "http://localhost:8080", "https://api.example.com/v1",
                 "https://[2001:db8::1]:8443/a/b.c", "https://api.example.com/caf%C3%A9");
    INFO(good);
    CHECK(check_public_url(good) == "");
    const auto [bad, expected] = GENERATE(table<std::string, std::string>({
        {"api.example.com", "needs a URL that begins with http:// or https://"},
        {"//api.example.com", "needs a URL that begins with http:// or https://"},
        {"ftp://api.example.com", "needs a URL that begins with http:// or https://"},
        {"https://", "has no host"},
        {"https://user@api.example.com", "must not have a user or password"},
        {"https://api.example.com?x=1", "must not have a query"},
        {"https://api.example.com/v1?x=1", "must not have a query"},
        {"https://api.example.com#top", "must not have a fragment"},
        {"https://api.example.com/", "must be written as 'https://api.example.com'"},
        {"https://api.example.com/v1/", "must be written as 'https://api.example.com/v1'"},
        {"https://API.example.com", "must be written as 'https://api.example.com'"},
        {"HTTPS://api.example.com", "must be written as 'https://api.example.com'"},
        {"https://api.example.com:443", "must be written as 'https://api.example.com'"},
        {"https://api.example.com/a;b", "must not contain ';'"},
        {"https://api.example.com/a%2Fb", "contains %2F, which servers interpret differently"},
        {"https://api.example.com/../a", "must not have '.' or '..' segments"},
        {"https://api.example.com/\"", "has the character '\"', which must be percent-encoded"},
        {"https://api.example.com/" + std::string(233, 'a'), "must not be longer than 256 bytes"},
    }));
    INFO(bad);
    CHECK(check_public_url(bad) == expected);
}

TEST_CASE("a service id is a word that no shell reads differently") {
    for (const auto& good : texts{"", "yourproduct", "A-b_c.9", "9", std::string(64, 'a')}) {
        INFO(good);
        CHECK(check_service_id(good) == "");
    }
    for (const auto& bad :
         texts{"-rf", ".x", "_x", "a b", "a;b", "$(x)", "`x`", "a'b", "a\"b", "a\\b", "a/b", "a\nb", "a&b",
               "a|b", "a>b", "~a", "a*", "caf\xc3\xa9", std::string(65, 'a')}) {
        INFO(bad);
        CHECK(check_service_id(bad) ==
              "needs 1 to 64 letters, digits, '-', '_' or '.', and a letter or digit first");
    }
}

TEST_CASE("the name of the API is one line that can be shown") {
    for (const auto& good : texts{"", "Your Product API", "Caf\xc3\xa9 \"<&>\"", std::string(128, 'a')}) {
        INFO(good);
        CHECK(check_api_name(good) == "");
    }
    const auto [bad, expected] = GENERATE(table<std::string, std::string>({
        {"a\nb", "must be UTF-8 without control characters"},
        {"a\x1b[31m", "must be UTF-8 without control characters"},
        {"a\xc2\x9b", "must be UTF-8 without control characters"},
        {"\xff", "must be UTF-8 without control characters"},
        {" a", "must not begin or end with a blank"},
        {"a ", "must not begin or end with a blank"},
        {std::string(129, 'a'), "must not be longer than 128 bytes"},
    }));
    INFO(bad);
    CHECK(check_api_name(bad) == expected);
}

TEST_CASE("the documentation is an absolute URL") {
    const std::string good = GENERATE("", "https://docs.example.com/agents",
                                      "https://docs.example.com/a/?b=c%20d#e", "http://localhost/#top");
    INFO(good);
    CHECK(check_page_url(good) == "");
    const auto [bad, expected] = GENERATE(table<std::string, std::string>({
        {"/agents", "needs a URL that begins with http:// or https://"},
        {"javascript:alert(1)", "needs a URL that begins with http:// or https://"},
        {"https://a@docs.example.com", "must not have a user or password"},
        {"https://docs.example.com/a b", "has the character ' ', which must be percent-encoded"},
        {"https://docs.example.com/?a>b", "has a character in its query that must be percent-encoded"},
        {"https://docs.example.com/?a#b#c", "has a character in its fragment that must be percent-encoded"},
        {"https://docs.example.com/#a\nb", "has a character in its fragment that must be percent-encoded"},
        {"https://docs.example.com/" + std::string(232, 'a'), "must not be longer than 256 bytes"},
    }));
    INFO(bad);
    CHECK(check_page_url(bad) == expected);
}

TEST_CASE("a public_url that is wrong is the only problem") {
    const auto said = shown(load_yaml("discovery: {public_url: 'a.test', service_id: a, name: a}"));
    INFO(said);
    CHECK(said.starts_with("c.yaml:1:25: discovery.public_url: "));
    CHECK(said.find("needs") == said.rfind("needs"));
    CHECK(said.find("service_id") == said.npos);
}

TEST_CASE("public_url and service_id go together") {
    const auto [text, expected] = GENERATE(table<std::string, std::string>({
        {"discovery: {public_url: 'https://a.test', service_id: a}", ""},
        {"discovery: {public_url: 'https://a.test'}",
         "c.yaml:1:25: discovery.public_url: needs service_id, too"},
        {"discovery: {service_id: a}", "c.yaml:1:25: discovery.service_id: needs public_url, too"},
        {"discovery: {name: a}", "c.yaml:1:19: discovery.name: needs public_url and service_id, too"},
        {"discovery: {documentation: 'https://a.test'}",
         "c.yaml:1:28: discovery.documentation: needs public_url and service_id, too"},
        {"discovery: {public_url: '', service_id: '', name: '', documentation: ''}", ""},
        // What is wrong is not missing.
        {"discovery: {public_url: 'https://a.test', service_id: [a]}",
         "c.yaml:1:55: discovery.service_id: needs one value, not a list; put brackets in quotes"},
        {"discovery: {public_url: , service_id: a, name: a}",
         "c.yaml:1:13: discovery.public_url: has no value; remove the key instead"},
    }));
    INFO(text);
    CHECK(shown(load_yaml(text)) == expected);
}
