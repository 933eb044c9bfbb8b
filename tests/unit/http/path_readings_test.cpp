#include <gate/http/path_readings.hpp>

#include <catch.hpp>
#include <set>
#include <string>

using namespace gate::http;
using namespace std::string_literals;

namespace {

std::set<std::string> readings_of(const std::string& path) {
    path_readings found;
    CHECK(found.read(path));
    std::set<std::string> out;
    for (std::size_t i = 0; i < found.size(); ++i) out.emplace(found[i]);
    CHECK(out.size() == found.size());
    CHECK(found.size() <= path_readings::most);
    return out;
}

std::string plain(const std::string& path) {
    std::string out;
    append_plain_form(path, out);
    return out;
}

}  // namespace

TEST_CASE("rule 8: what servers make of a path is among its readings") {
    const struct {
        std::string path, reading;
    } table[] = {
        {"/a/b", "/a/b"},
        {"/%61dmin", "/admin"},
        {"/%2561dmin", "/admin"},
        {"/%252561dmin", "/admin"},
        {"/%u0061dmin", "/admin"},
        {"/%U0061dmin", "/admin"},
        {"/a%2fb", "/a/b"},
        {"/%61%2fb", "/a%2fb"},
        {"/%61%5cb", "/a%5cb"},
        {"/%61%u002fb", "/a%u002fb"},
        {"/%61%c0%afb",
         "/a\xc0\xaf"
         "b"},
        {"/a%c0%afb", "/a/b"},
        {"/a%e0%80%afb", "/a/b"},
        {"/a%f0%80%80%afb", "/a/b"},
        {"/a%f8%80%80%80%afb", "/a/b"},
        {"/a%fc%80%80%80%80%afb", "/a/b"},
        {"/x/%c0%ae%c0%ae/admin", "/admin"},
        {"/%ef%bd%81dmin", "/admin"},
        {"/%ef%bc%a1dmin", "/admin"},
        {"/%uff41dmin", "/admin"},
        {"/x%ef%bc%8fy", "/x/y"},
        {"/%0aadmin", "/admin"},
        {"/a%09d%0Dmin", "/admin"},
        {"/adm%2509in", "/admin"},
        {"/x/.%0a./admin", "/admin"},
        {"/x/../admin", "/admin"},
        {"/./admin", "/admin"},
        {"/x/%2e%2e/admin", "/admin"},
        {"/x/y/..", "/x/"},
        {"/x//../admin", "/x/admin"},
        {"/x//../admin", "/admin"},
        {"//admin", "/admin"},
        {"/x///y", "/x/y"},
        {"//host/admin", "/admin"},
        {"///admin", "/admin"},
        {"///host/admin", "/admin"},
        {"////host/admin", "/admin"},
        {"////host/admin", "//host/admin"},
        {"/%2fhost/admin", "/admin"},
        {"//host", "/"},
        {"/x\\admin", "/x/admin"},
        {"/\\host/admin", "/admin"},
        {"/x%5cadmin", "/x/admin"},
        {"/admin;x=1/y;z", "/admin/y"},
        {"/admin%3bx", "/admin"},
        {"/admin%00.html", "/admin"},
        {"/admin%3f.html", "/admin"},
        {"/admin%3Fa%00b", "/admin?a"},
        {"/admin%23.html", "/admin"},
        {"/admin%2500.html", "/admin"},
        {"/admin/", "/admin"},
        {"/admin//", "/admin"},
        {"/", "/"},
        {"/admin.", "/admin"},
        {"/admin.../x", "/admin/x"},
        {"/admin%20/x", "/admin/x"},
        {"/admin%09%7f/x", "/admin/x"},
        {"/admin.%20./x", "/admin/x"},
        {"/public/..%20/admin", "/admin"},
        {"/x/..%20/a%09/admin", "/a\t/admin"},
        {"/public/..../admin", "/admin"},
        {"/public/....%20/admin", "/admin"},
        {"/public/.../admin", "/public/admin"},
        {"/ADMIN", "/admin"},
        {"/%C3%89", "/\xc3\xa9"},
        {"/%E2%84%AA", "/k"},
        {"/\xc3\x89", "/\xc3\xa9"},
        {"/%D0%9A", "/\xd0\xba"},
        {"/u%C5%BFers", "/users"},
        {"/u\xc5\xbf"
         "ers",
         "/users"},
        {"/%u017f", "/s"},
        {"/adm%C4%B1n", "/admin"},
        {"/ADM%C4%B0N", "/admin"},
        {"/%CF%82", "/\xcf\x83"},
        {"/admin%C2%A0", "/admin"},
        {"/admin%A0/x", "/admin/x"},
        {"/admin%C2%85%20%E2%80%83/x", "/admin/x"},
        {"/admin.%E3%80%80.", "/admin"},
        {"/admin%EF%BB%BF", "/admin"},
    };
    for (const auto& row : table) {
        INFO(row.path << " as " << row.reading);
        CHECK(readings_of(row.path).contains(row.reading));
    }
}

TEST_CASE("what no listed step makes of a path is no reading of it") {
    const struct {
        std::string path, other;
    } table[] = {
        {"/%25252561dmin", "/admin"},  // four decodings
        {"/x/..", "/.."},
        {"/./x", "/x."},
        {"/x/../y", "/x/y"},  // ".." is not shortened
        {"/x/./y", "/x//y"},  // nor is "."
        {"/x%2gy", "/xy"},
        {"/x%u00zz", "/x"},
        {"/a.b", "/a"},
        {"/a%20b", "/ab"},
        {"/a+b", "/a b"},
        {"/xadmin", "/admin"},
        {"/host/admin", "/admin"},
        {"/%C3", "/\xe3"},
        {"/%E4%B8%85", "/\xe4\xb8"},  // a letter that ends in the byte of a blank
        {"/%F0%9F%98%85", "/\xf0\x9f\x98"},
        {"/%C2%A0admin", "/admin"},
    };
    for (const auto& row : table) {
        INFO(row.path << " as " << row.other);
        CHECK_FALSE(readings_of(row.path).contains(row.other));
    }
}

TEST_CASE("an ordinary path has few readings, in lower case, itself first") {
    CHECK(readings_of("/v1/Users/5") == std::set<std::string>{"/v1/users/5"});
    CHECK(readings_of("/v1/users/") == std::set<std::string>{"/v1/users/", "/v1/users"});
    CHECK(readings_of("/caf%C3%A9") == std::set<std::string>{"/caf%c3%a9", "/caf\xc3\xa9"});
    CHECK(readings_of("/a%20b") == std::set<std::string>{"/a%20b", "/a b"});
    CHECK(readings_of("*") == std::set<std::string>{"*"});
    CHECK(readings_of("") == std::set<std::string>{""});
    path_readings found;
    CHECK(found.read("/A/../b"));
    CHECK(found[0] == "/a/../b");
    CHECK(found.read("/c"));
    CHECK(found.size() == 1);
}

TEST_CASE("at most 64 distinct readings, whatever the case of their letters") {
    path_readings found;
    const auto slashes = [](std::size_t count) { return std::string(count, '/') + "a"; };
    // All of them, two or more fewer, and "/" where the name is dropped too.
    CHECK(found.read(slashes(64)));
    CHECK(found.size() == 64);
    CHECK_FALSE(found.read(slashes(65)));
    CHECK(found.size() == 64);
    CHECK(found[0] == slashes(65));
    CHECK(found.read(std::string(64, '/') + "A"));

    CHECK_FALSE(found.read("/a/..;x//%252e%252e/b\\c%00d./%20/"));
    CHECK_FALSE(found.read(std::string(8192, '/')));
    CHECK_FALSE(found.read("/" + std::string(8000, '\\')));
    std::string hostile;
    for (int i = 0; i < 2000; ++i) hostile += "/..;%2e%252e%5c";
    CHECK_FALSE(found.read(hostile));
    CHECK(found.size() <= 64);
    CHECK(found.read("/a"));
    CHECK(found.size() == 1);
}

TEST_CASE("rule 24: the readings of one path have no more than 64 KiB together") {
    path_readings found;
    for (const std::string_view piece : {"/\xc3\x80%25%32%66.", "/%25C3%2580.;", "/..;/%5c", "/%c3%80b;x"}) {
        std::string path;
        while (path.size() < 16'000) path += piece;
        found.read(path);
        std::size_t bytes = 0;
        for (std::size_t i = 0; i < found.size(); ++i) bytes += found[i].size();
        CHECK(bytes <= path_readings::most_bytes);
    }
    CHECK(found.read("/" + std::string(100'000, 'a')));  // nothing but itself
    CHECK(found.size() == 1);
}

TEST_CASE("readings are compared decoded once, in lower case, without a slash at the end") {
    CHECK(plain("/") == "/");
    CHECK(plain("/hook/") == "/hook");
    CHECK(plain("/hook//") == "/hook/");
    CHECK(plain("/Hook") == "/hook");
    CHECK(plain("/caf%C3%A9") == "/caf\xc3\xa9");
    CHECK(plain("/CAF%C3%89") == "/caf\xc3\xa9");
    CHECK(plain("/a%2Fb%5Cc") == "/a%2fb%5cc");
    CHECK(plain("/%2541") == "/%41");
    CHECK(plain("/%2") == "/%2");
    CHECK(plain("/%u0041") == "/a");
    CHECK(plain("/u%C5%BFers") == "/users");
    CHECK(plain("*") == "*");
    CHECK(plain("").empty());
    std::string out = "x";
    append_plain_form("/%41/", out);
    CHECK(out == "x/a");
}

TEST_CASE("a path that reads one way has one reading, which is its plain form") {
    const std::string pieces[] = {"/",    ".",
                                  "..",   "a",
                                  "B",    "%",
                                  "%41",  "%2e",
                                  "%2F",  ";",
                                  "\\",   " ",
                                  "-",    "abcdefghijklm",
                                  "?",    "#",
                                  "\x7f", "\x80",
                                  "~",    "0123456789abcde",
                                  "\0"s};
    std::size_t seen = 0;
    for (const auto& a : pieces) {
        for (const auto& b : pieces) {
            for (const auto& c : pieces) {
                for (const auto& d : pieces) {
                    std::string path = "/";
                    path.append(a).append(b).append(c).append(d);
                    if (!reads_one_way(path)) continue;
                    ++seen;
                    path_readings found;
                    INFO(path);
                    REQUIRE(found.read(path));
                    REQUIRE(found.size() == 1);
                    REQUIRE(found[0] == path);
                    REQUIRE(plain(path) == path);
                    REQUIRE(find_ambiguous_piece(path).empty());
                }
            }
        }
    }
    CHECK(seen > 500);
    for (const std::string path : {"/", "/v1/accounts/acc_0123456789abcdef", "/healthz", "/.well-known/x",
                                   "/a.b", "/a:b@c,d=e", "/..a", "/0123456789abcdef/x"}) {
        INFO(path);
        CHECK(reads_one_way(path));
    }
    CHECK_FALSE(reads_one_way("*"));
    CHECK_FALSE(reads_one_way(""));
}

TEST_CASE("a path that reads one way tells where its first slashes are") {
    for (std::size_t size = 1; size < 100; ++size) {
        for (std::size_t every = 2; every < 40; every += 3) {
            std::string path(size, 'a');
            std::uint64_t expected = 0;
            for (std::size_t i = 0; i < size; i += every) {
                if (i != 0 && i + 1 == size) continue;
                path[i] = '/';
                if (i < 64) expected |= std::uint64_t{1} << i;
            }
            std::uint64_t slashes = 0;
            INFO(path);
            REQUIRE(reads_one_way(path, slashes));
            REQUIRE(slashes == expected);
        }
    }
}

TEST_CASE("rule 8: no slash after a slash or a dot goes unseen, wherever it stands") {
    for (std::size_t size = 2; size < 100; ++size) {
        for (const char before : {'/', '.'}) {
            for (std::size_t at = 1; at <= size; ++at) {  // at the end: nothing comes after it
                if (before == '.' && at == 1) continue;
                std::string path = "/" + std::string(size - 1, 'a');
                path[at - 1] = before;
                if (at < size) path[at] = '/';
                INFO(path);
                REQUIRE_FALSE(reads_one_way(path));
            }
        }
    }
}

TEST_CASE("rule 8: a path in which servers could read different paths is ambiguous") {
    const struct {
        std::string path, piece;
    } table[] = {
        {"/a%2Fb", "%2F"},
        {"/a%5cb", "%5c"},
        {"/%2e%2e/x", "%2e"},
        {"/a%2Eb", "%2E"},
        {"/a%3Bb", "%3B"},
        {"/a%3fb", "%3f"},
        {"/a%23", "%23"},
        {"/%2561", "%25"},
        {"/%00", "%00"},
        {"/%0a", "%0a"},
        {"/%7F", "%7F"},
        {"/%", "%"},
        {"/%2", "%2"},
        {"/%zz", "%zz"},
        {"/a%c0%afb", "%c0%af"},
        {"/a%C1%81", "%C1%81"},
        {"/%e0%80%af", "%e0%80%af"},
        {"/%f0%80%80%af", "%f0%80%80%af"},
        {"/%u0041", "%u0041"},
        {"/%U0041x", "%U0041"},
        {"/%EF%BC%A1", "%EF%BC%A1"},
        {"/\xef\xbd\x81x", "\xef\xbd\x81"},
        {"/a/../b", "."},
        {"/./b", "."},
        {"/..", "."},
        {"/a//b", "//"},
        {"/a;b", ";"},
        {"/a\\b", "\\"},
        {"/a\tb", "\t"},
        {"/a./b", "."},
        {"/a.", "."},
        {"/a%20/b", "%20"},
        {"/a%20", "%20"},
        {"/a?b", "?"},
        {"/a#b", "#"},
    };
    for (const auto& row : table) {
        INFO(row.path);
        CHECK(find_ambiguous_piece(row.path).substr(0, row.piece.size()) == row.piece);
    }
    for (const std::string path :
         {"/", "/a/b", "/a%20b", "/caf%C3%A9", "/caf%E9", "/a/", "/.well-known/x", "/a..b", "*", "", "/A",
          "/%41", "/a:b@c,d=e", "/%C0x", "/%EF%BF%BD", "/a%2Ab", "/%F0%9F%98%80"}) {
        INFO(path);
        CHECK(find_ambiguous_piece(path).empty());
    }
}
