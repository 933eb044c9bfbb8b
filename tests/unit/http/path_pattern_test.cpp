#include <gate/http/path_pattern.hpp>

#include <catch.hpp>
#include <string>

using namespace gate::http;

namespace {

bool matches(const std::string& pattern, const std::string& path) {
    INFO(pattern);
    CHECK(check_path_pattern(pattern).empty());
    return path_pattern(pattern).matches(path);
}

}  // namespace

TEST_CASE("an exact pattern is that path alone, byte by byte") {
    CHECK(matches("/healthz", "/healthz"));
    for (const std::string path :
         {"/healthz/", "/Healthz", "/%68ealthz", "/healthz/x", "/health", "/", "*", ""}) {
        INFO(path);
        CHECK_FALSE(matches("/healthz", path));
    }
    CHECK(matches("/", "/"));
    CHECK_FALSE(matches("/", "/a"));
    CHECK_FALSE(matches("/", "//"));
    CHECK(matches("/hook/", "/hook/"));
    CHECK_FALSE(matches("/hook/", "/hook"));
    CHECK(matches("/caf%C3%A9", "/caf%C3%A9"));
    CHECK_FALSE(matches("/caf%C3%A9", "/caf%c3%a9"));
}

TEST_CASE("a star is one whole segment that is not empty") {
    CHECK(matches("/a/*", "/a/b"));
    CHECK(matches("/a/*", "/a/."));
    CHECK(matches("/*/c", "/b/c"));
    for (const std::string path : {"/a", "/a/", "/a/b/", "/a/b/c", "/x/b"}) {
        INFO(path);
        CHECK_FALSE(matches("/a/*", path));
    }
    CHECK_FALSE(matches("/*/c", "//c"));
    CHECK_FALSE(matches("/*", "/"));
    CHECK(matches("/%2A", "/%2A"));
    CHECK_FALSE(matches("/%2A", "/x"));
}

TEST_CASE("two stars at the end are that path and everything below it") {
    for (const std::string path : {"/a", "/a/", "/a/b", "/a/b/c/", "/a//"}) {
        INFO(path);
        CHECK(matches("/a/**", path));
    }
    for (const std::string path : {"/ab", "/", "/b/a", "/A", "*", ""}) {
        INFO(path);
        CHECK_FALSE(matches("/a/**", path));
    }
    for (const std::string path : {"/", "/a", "//", "*"}) {
        INFO(path);
        CHECK(matches("/**", path));
    }
    CHECK(matches("/*/b/**", "/x/b/c"));
}

TEST_CASE("a pattern that is not understood by all alike is refused with a reason") {
    const struct {
        std::string pattern, problem;
    } table[] = {
        {"", "must begin with '/'"},
        {"a", "must begin with '/'"},
        {"*", "must begin with '/'"},
        {"**", "must begin with '/'"},
        {"/" + std::string(1024, 'a'), "must not be longer than 1024 bytes"},
        {"/a?b", "must not have a query: routes match the path alone"},
        {"/a#b", "must not have a fragment"},
        {"/a\\b", "must not contain a backslash"},
        {"/a;b", "must not contain ';', which servers interpret differently"},
        {"/a b", "has the byte 0x20, which must be percent-encoded"},
        {"/a\nb", "has the byte 0x0A, which must be percent-encoded"},
        {"/caf\xc3\xa9", "has the byte 0xC3, which must be percent-encoded"},
        {"/a{b}", "has the character '{', which must be percent-encoded; * is a segment that varies"},
        {"/^a$", "has the character '^', which must be percent-encoded"},
        {"//a", "must not contain '//'"},
        {"/a//b", "must not contain '//'"},
        {"/a/./b", "must not have '.' or '..' segments"},
        {"/..", "must not have '.' or '..' segments"},
        {"/**/a", "has '**' before its end: only '/**' as the last segment is possible"},
        {"/**/", "has '**' before its end: only '/**' as the last segment is possible"},
        {"/a*", "has '*' inside a segment: '*' stands for one whole segment (a literal one is written %2A)"},
        {"/a/*.js",
         "has '*' inside a segment: '*' stands for one whole segment (a literal one is written %2A)"},
        {"/a**", "has '*' inside a segment: '*' stands for one whole segment (a literal one is written %2A)"},
        {"/***", "has '*' inside a segment: '*' stands for one whole segment (a literal one is written %2A)"},
        {"/a./b", "has a segment that ends in a dot, which some servers drop"},
        {"/a%20", "has a segment that ends in a blank, which some servers drop"},
        {"/a%2Fb", "contains %2F, which servers interpret differently"},
        {"/a%00", "contains %00, which servers interpret differently"},
        {"/a%C0%AF", "contains %C0%AF, which servers interpret differently"},
        {"/a%EF%BC%A1", "contains %EF%BC%A1, which servers interpret differently"},
        {"/a%2", "has a '%' without two hexadecimal digits"},
        {"/%u0041", "has a '%' without two hexadecimal digits"},
        {"/%zz", "has a '%' without two hexadecimal digits"},
    };
    for (const auto& row : table) {
        INFO(row.pattern);
        CHECK(check_path_pattern(row.pattern) == row.problem);
    }
    for (const std::string pattern : {"/", "/**", "/*", "/*/*", "/a/*/b/**", "/.well-known/x", "/a%20b",
                                      "/caf%C3%A9/", "/a:b@c,d=e", "/~u/!$&'()+", "/%2A"}) {
        INFO(pattern);
        CHECK(check_path_pattern(pattern).empty());
    }
}

TEST_CASE("segment by segment from the left, a literal is more specific than a star, and that than two") {
    const auto rank = [](const char* pattern) { return path_pattern(pattern).rank(); };
    CHECK(rank("/a/b") > rank("/a/*"));
    CHECK(rank("/a/*") > rank("/a/**"));
    CHECK(rank("/a") > rank("/a/**"));
    CHECK(rank("/a/*/*") > rank("/*/b/c"));
    CHECK(rank("/a/**") > rank("/*/b/c"));
    CHECK(rank("/*/b") > rank("/*/**"));
    CHECK(rank("/*/**") > rank("/**"));
    CHECK(rank("/a/") > rank("/a/**"));
    CHECK(rank("/a/b/**") > rank("/a/*/c"));
    CHECK(rank("/x/*") == rank("/y/*"));
}

TEST_CASE("the plain form of a pattern") {
    const struct {
        std::string pattern, plain;
    } table[] = {
        {"/", "/"},
        {"/a", "/a"},
        {"/Hook/", "/hook"},
        {"/caf%C3%A9", "/caf\xc3\xa9"},
        {"/A/*/**", "/a/*/**"},
        {"/*/", "/*"},
        {"/**", "/**"},
        {"/%61/**", "/a/**"},
    };
    for (const auto& row : table) {
        INFO(row.pattern);
        const path_pattern pattern(row.pattern);
        CHECK(pattern.plain_form().text() == row.plain);
        CHECK(pattern.is_plain() == (row.pattern == row.plain));
        CHECK(pattern.plain_form().plain_form() == pattern.plain_form());
    }
    const auto star = path_pattern("/%2A").plain_form();
    CHECK(star.matches("/*"));
    CHECK_FALSE(star.matches("/x"));
    CHECK(path_pattern("/caf%C3%A9").plain_form().matches("/caf\xc3\xa9"));
}

TEST_CASE("whether some path matches two patterns") {
    const struct {
        const char *a, *b;
        bool can;
    } table[] = {
        {"/a", "/a", true},           {"/a", "/b", false},        {"/a", "/*", true},
        {"/*", "/*", true},           {"/a/", "/a/*", false},     {"/a/**", "/a", true},
        {"/a/**", "/*/b", true},      {"/a/**", "/b/**", false},  {"/**", "/x/y/z", true},
        {"/a", "/a/b", false},        {"/a/*/c", "/*/b/*", true}, {"/a/b/**", "/a/*", true},
        {"/a/b/c/**", "/a/*", false}, {"/", "/*", false},         {"/", "/**", true},
    };
    for (const auto& row : table) {
        INFO(row.a << " " << row.b);
        CHECK(can_match_same_path(path_pattern(row.a), path_pattern(row.b)) == row.can);
        CHECK(can_match_same_path(path_pattern(row.b), path_pattern(row.a)) == row.can);
    }
}
