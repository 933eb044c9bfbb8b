#include <gate/http/chunk.hpp>

#include <algorithm>
#include <catch.hpp>

using namespace gate::http;
using namespace std::string_literals;

namespace {

struct decoded {
    std::string body;
    std::string trailers;
    std::string rest;  // behind the end
    bool done = false;
    bool failed = false;
};

// Feeds `text` in pieces of at most `piece` bytes.
decoded decode(const std::string& text, std::size_t piece, chunk_limits limits = {256, 8192}) {
    chunk_decoder decoder(limits);
    decoded out;
    std::size_t at = 0;
    while (at < text.size() && !out.done) {
        std::string_view input = std::string_view(text).substr(at, piece);
        while (!input.empty() && !out.done) {
            const auto step = decoder.decode(input);
            if (!step) {
                out.failed = true;
                CHECK(decoder.decode(input).has_error());
                return out;
            }
            out.body += step->data;
            out.done = step->done;
            at += step->consumed;
            input.remove_prefix(step->consumed);
            if (step->consumed == 0) break;
        }
    }
    out.trailers = decoder.trailers();
    out.rest = text.substr(at);
    return out;
}

constexpr std::size_t whole = 1 << 20;

}  // namespace

TEST_CASE("chunked bodies are decoded, in whatever pieces they come") {
    const struct {
        std::string text;
        std::string body;
        std::string trailers;
    } table[] = {
        {"0\r\n\r\n", "", ""},
        {"5\r\nhello\r\n0\r\n\r\n", "hello", ""},
        {"5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n", "hello!", ""},
        {"00a\r\n0123456789\r\n000\r\n\r\n", "0123456789", ""},
        {"A\r\n0123456789\r\n0\r\n\r\n", "0123456789", ""},
        {"0000000000000005\r\nhello\r\n0\r\n\r\n", "hello", ""},
        {"2\r\n\r\n\r\n0\r\n\r\n", "\r\n", ""},
        {"5;a=b\r\nhello\r\n0;c\r\n\r\n", "hello", ""},
        {"5;a=\"b;c\\\"\xe4\r\"\r\nhello\r\n0\r\n\r\n"s.erase(11, 1), "hello", ""},
        {"5 ; a = b ; c\r\nhello\r\n0\r\n\r\n", "hello", ""},
        {"5;a=\"\"\t;b\r\nhello\r\n0\r\n\r\n", "hello", ""},
        {"5\r\nhello\r\n0\r\nX-T: 1\r\n\r\n", "hello", "X-T: 1\r\n"},
        {"0\r\nA:\r\nB: \xe4 c\r\n\r\n", "", "A:\r\nB: \xe4 c\r\n"},
    };
    for (const auto& row : table) {
        for (const std::size_t piece : {std::size_t{1}, std::size_t{2}, std::size_t{3}, whole}) {
            INFO(row.text << " in pieces of " << piece);
            const decoded out = decode(row.text + "GET /", piece);
            CHECK_FALSE(out.failed);
            CHECK(out.done);
            CHECK(out.body == row.body);
            CHECK(out.trailers == row.trailers);
            CHECK(out.rest == "GET /");
        }
    }
}

TEST_CASE("malformed chunks are refused, in whatever pieces they come") {
    const std::string table[] = {
        "0x5\r\nhello\r\n",
        "+5\r\nhello\r\n",
        "-1\r\nhello\r\n",
        " 5\r\nhello\r\n",
        "5 \r\nhello\r\n",
        "0_5\r\nhello\r\n",
        "5\0\r\nhello\r\n"s,
        ";a\r\nhello\r\n",
        "5,5\r\nhello\r\n",
        "\r\n",
        "FFFFFFFFFFFFFFFFF\r\n",
        "FFFFFFFFFFFFFFFF\r\n",
        "8000000000000000\r\n",
        "00000000000000005\r\nhello\r\n",
        "5\r\nhello0\r\n\r\n",
        "5\r\nhelloXX0\r\n\r\n",
        "5\nhello\r\n",
        "5\r\nhello\n0\r\n",
        "5\r\nhello\r\n0\n\n",
        "5\r\nhello\r\n0\r\n\n",
        "5\rxhello",
        "5\r\nhello\rx",
        "ZZ\r\n",
        "g\r\n",
        "5;\r\nhello\r\n",
        "5;a\nb\r\nhello\r\n",
        "5;a\rb\r\nhello\r\n",
        "5;=b\r\n",
        "5;a=\r\n",
        "5;a=\"b\r\n",
        "5;a=\"b\"c\r\n",
        "5;a:b\r\n",
        "5;a b\r\n",
        "5;a=b c\r\n",
        "5;X-Gate-Account-Id: evil\r\n",
        "5;a;\r\n",
        "5;a=\"\x01\"\r\n",
        "5;a \r\n",
        "5;a=\"\\\x01\"\r\n",
        "0\r\nno colon here\r\n\r\n",
        "0\r\nX-T: 1\n\n",
        "0\r\n X: 1\r\n\r\n",
        "0\r\nX : 1\r\n\r\n",
        "0\r\nX: \x01\r\n\r\n",
        "0\r\nX: 1\rY: 2\r\n\r\n",
        "0\r\n: 1\r\n\r\n",
        "0\r\nX: 1\r\n 2\r\n\r\n",
        "0\r\n\r\r\n",
    };
    for (const std::string& text : table) {
        for (const std::size_t piece : {std::size_t{1}, whole}) {
            INFO(text << " in pieces of " << piece);
            CHECK(decode(text, piece).failed);
        }
    }
}

TEST_CASE("rule 19: nothing but CRLF stands behind the data of a chunk") {
    for (const std::string end : {"X\n", "\n\n", " \n", "\r\r", "\rX", "XX", "\n\r"}) {
        INFO(end);
        CHECK(decode("5\r\nhello" + end + "0\r\n\r\n", whole).failed);
        CHECK(decode("5\r\nhello" + end + "0\r\n\r\n", 1).failed);
    }
}

TEST_CASE("a body that has not ended is not done") {
    const std::string text = "5;a=\"b\"\r\nhello\r\n0\r\nX: y\r\n\r\n";
    for (std::size_t size = 0; size < text.size(); ++size) {
        INFO(text.substr(0, size));
        const decoded out = decode(text.substr(0, size), whole);
        CHECK_FALSE(out.done);
        CHECK_FALSE(out.failed);
    }
}

TEST_CASE("rule 24: the extensions of a chunk are bounded, each chunk by itself") {
    const auto chunk = [](std::size_t extension) {
        return "1;" + std::string(extension - 1, 'a') + "\r\nx\r\n";
    };
    CHECK(decode(chunk(256) + chunk(256) + "0\r\n\r\n", whole).body == "xx");
    CHECK(decode(chunk(257), whole).failed);
    CHECK(decode("1\r\nx\r\n0\r\n\r\n", whole, {0, 0}).done);
    CHECK(decode("1;\r\n", whole, {0, 0}).failed);
    CHECK(decode("1 \r\n", whole, {0, 0}).failed);
}

TEST_CASE("rule 24: trailers are bounded") {
    const std::string line = "X: 34567\r\n";
    for (const std::size_t piece : {std::size_t{1}, whole}) {
        CHECK(decode("0\r\n" + line + line + "\r\n", piece, {0, 20}).trailers == line + line);
        CHECK(decode("0\r\n" + line + line + "\r\n", piece, {0, 19}).failed);
        CHECK(decode("0\r\n\r\n", piece, {0, 0}).done);
        CHECK(decode("0\r\n" + std::string(9000, 'a'), piece).failed);
    }
}

TEST_CASE("what is left of a chunk is known as soon as its size is, and not before") {
    chunk_decoder decoder({256, 8192});
    REQUIRE(decoder.decode("1").has_value());
    CHECK(decoder.left_in_chunk() == 0);
    REQUIRE(decoder.decode("0\r\n").has_value());
    CHECK(decoder.left_in_chunk() == 16);
    const auto step = decoder.decode("abcd").value();
    CHECK(step.data == "abcd");
    CHECK(decoder.left_in_chunk() == 12);
}

TEST_CASE("data is a view into the input") {
    chunk_decoder decoder({256, 8192});
    const std::string input = "3\r\nabc\r\n0\r\n\r\n";
    const auto step = decoder.decode(input).value();
    CHECK(step.data.data() == input.data() + 3);
    CHECK(step.consumed == 6);
}

TEST_CASE("a chunk larger than memory is announced, not waited for") {
    chunk_decoder decoder({256, 8192});
    CHECK(decoder.decode("7fffffffffffffff\r\nx").value().data == "x");
    CHECK(decoder.left_in_chunk() == 0x7ffffffffffffffe);
}

TEST_CASE("size lines are lower-case hexadecimal") {
    CHECK(chunk_size_line(1).view() == "1\r\n");
    CHECK(chunk_size_line(0x1a2b).view() == "1a2b\r\n");
    CHECK(chunk_size_line(0xffffffffffffffff).view() == "ffffffffffffffff\r\n");
}
