#include "parsed.hpp"

using namespace gate::http;
using namespace std::string_literals;
using gate::core::reason;
using test::why;

namespace {

const std::string head = "GET / HTTP/1.1\r\nHost: a.test\r\n\r\n";

}  // namespace

TEST_CASE("the end of a head is found, and what follows it is not looked at") {
    head_finder finder(test::limits);
    CHECK(finder.find(head + "\n\n\rgarbage").value() == head.size());
}

TEST_CASE("a head is found when it comes one byte at a time") {
    for (const std::string& text : {head, "\r\n" + head, "GET / HTTP/1.1\r\n\r\n"s}) {
        INFO(text);
        head_finder finder(test::limits);
        for (std::size_t size = 0; size < text.size(); ++size) {
            INFO(size);
            REQUIRE(finder.find(text.substr(0, size)).value() == 0);
        }
        CHECK(finder.find(text + "next").value() == text.size());
    }
}

TEST_CASE("a finder that was reset finds the next head") {
    head_finder finder(test::limits);
    REQUIRE(finder.find("\r\n" + head).value() == head.size() + 2);
    finder.reset();
    CHECK(finder.find("\r\n" + head).value() == head.size() + 2);
}

TEST_CASE("what can be no head is refused as soon as it is seen, in whatever pieces it comes") {
    const struct {
        std::string text;  // the last byte is the one that decides
        reason expected;
    } table[] = {
        {"\x16", reason::bad_request_line},  // TLS
        {"\x01", reason::bad_request_line},
        {" ", reason::bad_request_line},
        {"\n", reason::bad_request_line},
        {"\r\r", reason::bad_request_line},
        {"\r\n\r", reason::bad_request_line},  // a second empty line
        {"\r\n ", reason::bad_request_line},
        {"GET / HTTP/1.1\n", reason::bad_request_line},
        {"GET / HTTP/1.1\r\r", reason::bad_request_line},
        {"GET /a\rb", reason::bad_request_line},
        {"GET / HTTP/1.1\r\nHost: a\n", reason::bad_field},
        {"GET / HTTP/1.1\r\nHost: a\rb", reason::bad_field},
        {"GET / HTTP/1.1\r\nHost: a\r\n\n", reason::bad_field},
        {"GET / HTTP/1.1\r\nHost: a\r\n\r\r", reason::bad_field},
    };
    for (const auto& row : table) {
        INFO(row.text);
        head_finder finder(test::limits);
        for (std::size_t size = 0; size < row.text.size(); ++size)
            REQUIRE(finder.find(row.text.substr(0, size)).value() == 0);
        CHECK(why(finder.find(row.text)) == row.expected);
        head_finder at_once(test::limits);
        CHECK(why(at_once.find(row.text)) == row.expected);
    }
}

TEST_CASE("two bare line feeds do not pass for a line break") {
    for (const std::string& text :
         {"GET / HTTP/1.1\n\nHost: a\r\n\r\n"s, "GET / HTTP/1.1\r\nHost: a\n\nX: y\r\n\r\n"s,
          "GET / HTTP/1.1\r\nHost: a\r\n\n\n"s}) {
        INFO(text);
        head_finder finder(test::limits);
        const auto found = finder.find(text);
        request_head out;
        CHECK((!found || !parse_request_head(text.substr(0, *found), test::limits, identity_names(), out)));
    }
}

TEST_CASE("the end of a head is found wherever it lies among the blocks that are looked at") {
    for (std::size_t before = 0; before < 70; ++before) {
        for (std::size_t behind = 0; behind < 40; ++behind) {
            INFO(before << " " << behind);
            const std::string text = "GET / HTTP/1.1\r\nX: " + std::string(before, 'a') + "\r\n\r\n";
            head_finder finder(test::limits);
            CHECK(finder.find(text + std::string(behind, 'b')).value() == text.size());
        }
    }
}

TEST_CASE("a head may be as long as its limit, and not a byte longer") {
    head_finder exact({head.size(), 100, 100});
    CHECK(exact.find(head).value() == head.size());
    head_finder shorter({head.size() - 1, 100, 100});
    CHECK(why(shorter.find(head)) == reason::head_too_large);
}

TEST_CASE("a head without end is refused at its limit") {
    const std::string endless = head.substr(0, head.size() - 2) + "X: " + std::string(2000, 'a');
    head_finder finder({1024, 100, 100});
    CHECK(finder.find(endless.substr(0, 1023)).value() == 0);
    CHECK(why(finder.find(endless.substr(0, 1024))) == reason::head_too_large);
}

TEST_CASE("a target that is far too long is refused before its line has ended") {
    head_finder finder({16384, 100, 64});
    const std::string line = "GET /" + std::string(200, 'a');
    CHECK(finder.find(line.substr(0, 64)).value() == 0);
    CHECK(why(finder.find(line)) == reason::target_too_long);
}

TEST_CASE("field lines may be longer than a target") {
    const std::string text = "GET / HTTP/1.1\r\nX: " + std::string(500, 'a') + "\r\n\r\n";
    head_finder finder({16384, 100, 64});
    CHECK(finder.find(text).value() == text.size());
}
