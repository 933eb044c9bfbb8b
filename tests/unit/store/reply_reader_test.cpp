#include <gate/store/command.hpp>
#include <gate/store/reply_reader.hpp>

#include <catch.hpp>

namespace {

using namespace gate::store;
using form = reply::form;

reply text(std::string value) {
    return {.is = form::text, .text = std::move(value)};
}
reply number(std::int64_t value) {
    return {.is = form::number, .number = value};
}
reply list(std::vector<reply> items) {
    return {.is = form::list, .items = std::move(items)};
}
const reply too_large{.is = form::too_large};

std::string bulk(std::string_view value) {
    return "$" + std::to_string(value.size()) + "\r\n" + std::string(value) + "\r\n";
}

// All replies of `bytes`, which come in pieces of that size; nothing if they are not RESP.
std::optional<std::vector<reply>> read(std::string_view bytes, std::size_t piece, reply_limits limits = {}) {
    reply_reader reader(limits);
    std::vector<reply> out;
    while (!bytes.empty()) {
        const bool is_sound = reader.feed(bytes.substr(0, piece));
        while (auto one = reader.next()) out.push_back(std::move(*one));
        if (!is_sound || reader.has_failed()) return {};
        bytes.remove_prefix(std::min(piece, bytes.size()));
    }
    return out;
}

void check_read(std::string_view bytes, const std::vector<reply>& expected, reply_limits limits = {}) {
    for (const std::size_t piece : {std::size_t{1}, std::size_t{2}, std::size_t{7}, bytes.size()}) {
        const auto got = read(bytes, piece, limits);
        INFO("pieces of " << piece);
        REQUIRE(got);
        CHECK(*got == expected);
    }
}

TEST_CASE("replies are read in whatever pieces they come") {
    check_read("+OK\r\n:-12\r\n$5\r\na\r\nbc\r\n$-1\r\n*-1\r\n*0\r\n-ERR no\r\n$0\r\n\r\n",
               {text("OK"),
                number(-12),
                text("a\r\nbc"),
                {},
                {},
                list({}),
                {.is = form::error, .text = "ERR no"},
                text("")});
    check_read("*2\r\n*2\r\n:1\r\n*1\r\n+x\r\n$1\r\ny\r\n:7\r\n",
               {list({list({number(1), list({text("x")})}), text("y")}), number(7)});
}

TEST_CASE("an error is known by its code") {
    const auto got = read("-NOSCRIPT No matching script\r\n", 100);
    REQUIRE(got);
    CHECK(got->front().is_error("NOSCRIPT"));
    CHECK_FALSE(got->front().is_error("NO"));
    CHECK_FALSE(got->front().is_error("OOM"));
}

TEST_CASE("a text that is too large is read past, and the rest of the reply is kept") {
    const reply_limits limits{.text = 10};
    const std::string large(10'000, 'x');
    check_read("*3\r\n" + bulk("a") + bulk(large) + bulk("b") + ":1\r\n",
               {list({text("a"), too_large, text("b")}), number(1)}, limits);
    check_read(bulk(large) + bulk("0123456789"), {too_large, text("0123456789")}, limits);
}

TEST_CASE("no reply is whole before all of it has come") {
    const reply_limits limits{.text = 10, .list = 2};
    for (const std::string& bytes : {bulk(std::string(20, 'x')), "*1\r\n" + bulk(std::string(20, 'x')),
                                     std::string("*3\r\n:1\r\n:2\r\n:3\r\n"), bulk("a")}) {
        reply_reader reader(limits);
        CHECK(reader.is_between_replies());
        for (std::size_t i = 0; i + 1 < bytes.size(); ++i) {
            REQUIRE(reader.feed(bytes.substr(i, 1)));
            CHECK_FALSE(reader.next());
            CHECK_FALSE(reader.is_between_replies());
        }
        REQUIRE(reader.feed(bytes.substr(bytes.size() - 1)));
        CHECK_FALSE(reader.is_between_replies());
        CHECK(reader.next());
        CHECK(reader.is_between_replies());
    }
}

TEST_CASE("a list that is too long is read past with all that is in it") {
    const reply_limits limits{.list = 2};
    check_read("*2\r\n*3\r\n*1\r\n*1\r\n:1\r\n" + bulk("a") + "*0\r\n:2\r\n:3\r\n",
               {list({too_large, number(2)}), number(3)}, limits);
    check_read("*3\r\n:1\r\n:2\r\n:3\r\n+OK\r\n", {too_large, text("OK")}, limits);
}

TEST_CASE("an entry of a stream may have few fields, though there may be many entries") {
    const auto fields = [](std::size_t count) {
        std::string out = "*2\r\n" + bulk("1-1") + "*" + std::to_string(count) + "\r\n";
        for (std::size_t i = 0; i < count; ++i) out += bulk("f");
        return out;
    };
    std::string bytes = "*1\r\n*2\r\n" + bulk("key") + "*20\r\n";
    for (std::size_t i = 0; i < 19; ++i) bytes += fields(2);
    bytes += fields(10);
    const auto got = read(bytes, 3);
    REQUIRE(got);
    const auto& entries = got->front().items[0].items[1].items;
    REQUIRE(entries.size() == 20);
    CHECK(entries[18] == list({text("1-1"), list({text("f"), text("f")})}));
    CHECK(entries[19] == list({text("1-1"), too_large}));
}

TEST_CASE("an entry that XINFO shows may have few fields, too") {
    const auto entry = [](std::size_t count) {
        std::string out = bulk("first-entry") + "*2\r\n" + bulk("1-1") + "*" + std::to_string(count) + "\r\n";
        for (std::size_t i = 0; i < count; ++i) out += bulk("f");
        return out;
    };
    const reply_limits limits{.list = 1'000, .inner_list = 4};
    check_read(
        "*4\r\n" + bulk("last-generated-id") + bulk("1-1") + entry(5),
        {list({text("last-generated-id"), text("1-1"), text("first-entry"), list({text("1-1"), too_large})})},
        limits);
    const auto fits = read("*2\r\n" + entry(4), 3, limits);
    REQUIRE(fits);
    CHECK(fits->front().items[1].items[1].items.size() == 4);
}

TEST_CASE("a reply that is too large as a whole ends the connection") {
    const reply_limits limits{.text = 100, .list = 100, .reply = 2'000};
    std::string bytes = "*100\r\n";
    for (int i = 0; i < 100; ++i) bytes += bulk(std::string(90, 'x'));
    CHECK_FALSE(read(bytes, 1'000, limits));
    // ... and not because it is the sum of several.
    CHECK(read(bulk(std::string(90, 'x')) + bytes.substr(0, 20), 1, limits));
    std::string many;
    for (int i = 0; i < 100; ++i) many += bulk(std::string(90, 'x'));
    CHECK(read(many, 1'000, limits));
}

TEST_CASE("what is not RESP 2 is an error") {
    for (const std::string_view bytes :
         {"HTTP/1.1 400 Bad Request\r\n", "\r\n", "+OK\n", "$x\r\n", "$-2\r\n", "$1", ":\r\n", ":1.5\r\n",
          ":99999999999999999999\r\n", "*-2\r\n", "$99999999999999\r\n", "%1\r\n", "_\r\n", "+a\rb\r\n",
          "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n"}) {
        INFO(bytes);
        if (bytes == "$1") {
            CHECK(read(bytes, 1));  // as yet
            continue;
        }
        CHECK_FALSE(read(bytes, 1));
        CHECK_FALSE(read(bytes, 100));
    }
    CHECK_FALSE(read("$" + std::string(1'000, '1'), 10));
}

TEST_CASE("a long error is cut, and what follows it is read") {
    const auto got = read("-ERR " + std::string(5'000, 'x') + "\r\n:1\r\n", 100);
    REQUIRE(got);
    REQUIRE(got->size() == 2);
    CHECK(got->front().is_error("ERR"));
    CHECK(got->front().text.size() < 600);
    CHECK(got->back() == number(1));
}

TEST_CASE("a long line is cut at the same place in whatever pieces it comes") {
    for (std::size_t size = 500; size < 520; ++size) {
        INFO(size);
        const auto bytes = "-" + std::string(size, 'x') + "\r\n:1\r\n";
        const auto got = read(bytes, bytes.size());
        REQUIRE(got);
        CHECK(got->front().text.size() == std::min<std::size_t>(size, 511));
        CHECK(got == read(bytes, 1));
        CHECK(got == read(bytes, 300));
    }
}

TEST_CASE("no error of the store is taken for what was not kept, but the one word") {
    check_read("-\r\n-H\r\n-HUG\r\n",
               {{.is = form::error}, {.is = form::error, .text = "H"}, {.is = form::error, .text = "HUG"}});
    check_read("-HUGE\r\n", {too_large});
}

TEST_CASE("a command is a list of texts") {
    CHECK(command({"XADD", "", "a\r\nb"}) == "*3\r\n$4\r\nXADD\r\n$0\r\n\r\n$4\r\na\r\nb\r\n");
}

}  // namespace
