#include "parsed.hpp"

using namespace gate::http;
using namespace std::string_literals;
using gate::core::reason;
using test::request;

TEST_CASE("a request head is taken apart into views of the text") {
    const request r(
        "POST /a?b=c HTTP/1.1\r\nHost: a.test\r\nX-One:\t 1, 2 \t\r\nEmpty:\r\nUser-Agent: \xe4\tz\r\n\r\n");
    CHECK(r.head.method_name == "POST");
    CHECK(r.head.verb == method::post);
    CHECK(r.head.target == "/a?b=c");
    CHECK(r.head.minor == 1);
    CHECK(r.head.size == r.text.size());
    REQUIRE(r.head.fields.size() == 4);
    CHECK(r.head.fields[0].id == field_id::host);
    CHECK(r.head.fields[1].name == "X-One");
    CHECK(r.head.fields[1].value == "1, 2");
    CHECK(r.head.fields[1].line == "X-One:\t 1, 2 \t\r\n");
    CHECK(r.head.fields[1].id == field_id::other);
    CHECK(r.head.fields[2].value.empty());
    CHECK(r.head.find(field_id::user_agent)->value == "\xe4\tz");
    CHECK(r.head.fields[0].name.data() == r.text.data() + r.text.find("Host"));
}

TEST_CASE("present, find and count agree") {
    const request r(request::with("Via: 1\r\nCookie: a\r\nTE: trailers\r\nte: gzip\r\n"));
    CHECK(r.head.has(field_id::te));
    CHECK(r.head.count(field_id::te) == 2);
    CHECK(r.head.find(field_id::te)->value == "trailers");
    CHECK_FALSE(r.head.has(field_id::upgrade));
    CHECK(r.head.find(field_id::upgrade) == nullptr);
    CHECK(r.head.count(field_id::upgrade) == 0);
}

TEST_CASE("a head that is parsed into a used one leaves nothing of the old") {
    request_head head;
    REQUIRE(test::parse("CONNECT a:1 HTTP/1.0\r\nTE: x\r\n\r\n", head) == reason::none);
    REQUIRE(test::parse("GET / HTTP/1.1\r\n\r\n", head) == reason::none);
    CHECK(head.present == 0);
    CHECK(head.fields.empty());
    CHECK(head.minor == 1);
    CHECK(head.verb == method::get);
}

TEST_CASE("methods are known by their exact names") {
    const struct {
        std::string name;
        method expected;
    } table[] = {{"GET", method::get},         {"HEAD", method::head},       {"POST", method::post},
                 {"PUT", method::put},         {"DELETE", method::delete_},  {"PATCH", method::patch},
                 {"OPTIONS", method::options}, {"CONNECT", method::connect}, {"TRACE", method::trace},
                 {"get", method::other},       {"PROPFIND", method::other},  {"FOO", method::other},
                 {"M-SEARCH", method::other},  {"DELETES", method::other},   {"ABCDE", method::other}};
    for (const auto& row : table) {
        INFO(row.name);
        CHECK(request(row.name + " / HTTP/1.1\r\n\r\n").head.verb == row.expected);
    }
}

TEST_CASE("one empty line before the request line is ignored") {
    const request r("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n");
    CHECK(r.head.method_name == "GET");
    CHECK(r.head.size == r.text.size());
}

TEST_CASE("a higher minor version is read as 1.1") {
    CHECK(request("GET / HTTP/1.2\r\n\r\n").head.minor == 1);
    CHECK(request("GET / HTTP/1.9\r\n\r\n").head.minor == 1);
    CHECK(request("GET / HTTP/1.0\r\n\r\n").head.minor == 0);
}

TEST_CASE("Max-Forwards counts for OPTIONS, where it is one number") {
    const auto of = [](const std::string& method, const std::string& fields) {
        const request r(method + " / HTTP/1.1\r\n" + fields + "\r\n");
        return max_forwards(r.head);
    };
    CHECK(of("OPTIONS", "Max-Forwards: 0\r\n") == 0);
    CHECK(of("OPTIONS", "max-forwards:  999999999 \r\n") == 999999999);
    CHECK(of("OPTIONS", "") == -1);
    CHECK(of("GET", "Max-Forwards: 0\r\n") == -1);
    CHECK(of("OPTIONS", "Max-Forwards: 1\r\nMax-Forwards: 1\r\n") == -1);
    for (const std::string value : {"", "-1", "+1", "1x", "0x1", "1000000000", "1, 1"})
        CHECK(of("OPTIONS", "Max-Forwards: " + value + "\r\n") == -1);
}

TEST_CASE("malformed request lines are refused, each with its reason") {
    const struct {
        std::string line;
        reason expected;
    } table[] = {
        {"", reason::bad_request_line},
        {" ", reason::bad_request_line},
        {"GET", reason::bad_request_line},
        {"GET /", reason::bad_request_line},
        {"GET / ", reason::bad_request_line},
        {"GET  / HTTP/1.1", reason::bad_request_line},
        {"GET /  HTTP/1.1", reason::bad_request_line},
        {"GET  HTTP/1.1", reason::bad_request_line},
        {"GET HTTP/1.1", reason::bad_request_line},
        {" GET / HTTP/1.1", reason::bad_request_line},
        {"GET\t/\tHTTP/1.1", reason::bad_request_line},
        {"GET /\tHTTP/1.1", reason::bad_request_line},
        {"GET / HTTP/1.1 ", reason::bad_request_line},
        {"GET / foo HTTP/1.1", reason::bad_request_line},
        {"G@T / HTTP/1.1", reason::bad_request_line},
        {"GET: / HTTP/1.1", reason::bad_request_line},
        {std::string(33, 'A') + " / HTTP/1.1", reason::bad_request_line},
        {"GET / http/1.1", reason::bad_request_line},
        {"GET / HTTP/ 1.1", reason::bad_request_line},
        {"GET / HTTP/11", reason::bad_request_line},
        {"GET / HTTP/1,1", reason::bad_request_line},
        {"GET / HTTP/1.10", reason::bad_request_line},
        {"GET / HTTP/1.", reason::bad_request_line},
        {"GET / HTTP/01.1", reason::bad_request_line},
        {"GET / ICAP/1.0", reason::bad_request_line},
        {"GET / HTTP/1.1\v", reason::bad_request_line},
        {"GET / HTTP/0.9", reason::unsupported_version},
        {"GET / HTTP/2.0", reason::unsupported_version},
        {"PRI * HTTP/2.0", reason::unsupported_version},
        {"GET / HTTP/3.0", reason::unsupported_version},
        {"GET /a#b HTTP/1.1", reason::bad_target},
        {"GET /#", reason::bad_target},
        {"GET /\xc3\xa9 HTTP/1.1", reason::bad_target},
        {"GET /a\x7f HTTP/1.1", reason::bad_target},
        {"GET /a\0b HTTP/1.1"s, reason::bad_target},
        {"GET /a\vb HTTP/1.1", reason::bad_target},
    };
    for (const auto& row : table) {
        INFO(row.line);
        request_head head;
        CHECK(test::parse(row.line + "\r\nHost: a\r\n\r\n", head) == row.expected);
    }
}

TEST_CASE("rule 8: a '#' in the target is refused wherever it stands") {
    for (std::size_t at = 1; at < 40; ++at) {
        std::string target(40, 'a');
        target[0] = '/';
        target[at] = '#';
        INFO(target);
        request_head head;
        CHECK(test::parse("GET " + target + " HTTP/1.1\r\n\r\n", head) == reason::bad_target);
    }
}

TEST_CASE("a target may be as long as its limit") {
    request_head head;
    const identity_names identity;
    const std::string text = "GET /2345678 HTTP/1.1\r\n\r\n";
    CHECK(test::why(parse_request_head(text, {1024, 10, 8}, identity, head)) == reason::none);
    CHECK(test::why(parse_request_head(text, {1024, 10, 7}, identity, head)) == reason::target_too_long);
}

TEST_CASE("malformed fields are refused") {
    const std::string table[] = {
        "X-A : b\r\n",       "X-A\t: b\r\n",
        ": b\r\n",           "Xnocolon\r\n",
        " X-A: b\r\n",       "X-A: b\r\n c\r\n",
        "X-A: b\r\n\tc\r\n", "X A: b\r\n",
        "X(A): b\r\n",       "X@A: b\r\n",
        "X/A: b\r\n",        "X[A]: b\r\n",
        "X-\xc3\xa9: b\r\n", "X-A: b\x01"s + "c\r\n",
        "X-A: b\x7f\r\n",    "X-A: b\rc\r\n",
        "X-A: b\r\r\n",      "X-A: b\nX: c\r\n",
        "X-A: b\0c\r\n"s,    "X-\0A: b\r\n"s,
        "X-A: b\v\r\n",      "X\"A: b\r\n",
        "X-A\r\n: b\r\n",    "\r\nX-A: b\r\n",
    };
    for (const std::string& lines : table) {
        INFO(lines);
        request_head head;
        CHECK(test::parse(request::with(lines), head) == reason::bad_field);
        CHECK(test::parse("GET / HTTP/1.1\r\n" + lines + "\r\n", head) == reason::bad_field);
    }
}

TEST_CASE("every control byte is refused at every place of a value") {
    for (int c = 0; c < 256; ++c) {
        const bool allowed = c == '\t' || (c >= 0x20 && c != 0x7f);
        for (const std::size_t at : {0U, 7U, 15U, 16U, 31U, 39U}) {
            std::string value(40, 'v');
            value[at] = static_cast<char>(c);
            INFO("byte " << c << " at " << at);
            request_head head;
            CHECK((test::parse(request::with("X: " + value + "\r\n"), head) == reason::none) == allowed);
        }
    }
}

TEST_CASE("every byte but a token's is refused in a name") {
    const std::string others = "!#$%&'*+-.^_`|~";
    for (int c = 0; c < 256; ++c) {
        if (c == ':') continue;
        const bool allowed =
            (c < 0x80 && std::isalnum(c) != 0) || others.find(static_cast<char>(c)) != others.npos;
        INFO("byte " << c);
        request_head head;
        const auto lines = "Ab"s + static_cast<char>(c) + "c: d\r\n";
        CHECK((test::parse(request::with(lines), head) == reason::none) == allowed);
    }
}

TEST_CASE("more fields than the limit are refused") {
    request_head head;
    const identity_names identity;
    std::string text = "GET / HTTP/1.1\r\n";
    for (int i = 0; i < 5; ++i) text += "X: y\r\n";
    text += "\r\n";
    CHECK(test::why(parse_request_head(text, {1024, 5, 100}, identity, head)) == reason::none);
    CHECK(test::why(parse_request_head(text, {1024, 4, 100}, identity, head)) == reason::head_too_large);
}

TEST_CASE("a text that is not exactly one head is refused") {
    for (const std::string& text :
         {""s, "\r\n\r\n"s, "\r\n\r\n\r\n"s, "GET / HTTP/1.1\r\n"s, "GET / HTTP/1.1\r\nHost: a\r\n"s,
          "GET / HTTP/1.1\r\nHost: a\r\n\r\nX: y\r\n\r\n"s, "GET / HTTP/1.1\r\n\r\n\r\n"s}) {
        INFO(text);
        request_head head;
        CHECK(test::parse(text, head) != reason::none);
    }
}

TEST_CASE("names that only a folding receiver takes for framing are refused") {
    for (const std::string& name :
         {"Content_Length"s, "content.length"s, "Transfer_Encoding"s, "TRANSFER.ENCODING"s}) {
        INFO(name);
        request_head head;
        CHECK(test::parse(request::with(name + ": 5\r\n"), head) == reason::bad_field);
    }
}

TEST_CASE("after a bad field, what came before it can still be read") {
    const std::string text = "HEAD /p HTTP/1.1\r\nHost: a\r\nX-Request-Id: r\r\nbad field\r\n\r\n";
    request_head head;
    REQUIRE(test::parse(text, head) == reason::bad_field);
    CHECK(head.verb == method::head);
    CHECK(head.target == "/p");
    CHECK(head.fields.size() == 2);
    CHECK(head.find(field_id::x_request_id)->value == "r");
}
