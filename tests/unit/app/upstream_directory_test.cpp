#include <gate/app/upstream_directory.hpp>

#include <catch.hpp>
#include <loop.hpp>
#include <string>
#include <utility>
#include <vector>

using namespace gate;
using namespace std::chrono_literals;
using app::upstream_directory;

namespace {

config::url at(std::uint16_t port, std::string host = "127.0.0.1") {
    return {false, std::move(host), port, ""};
}

// `upstream` at port 1, and these.
config::config options_with(const std::vector<std::pair<std::string, config::url>>& named) {
    config::config out;
    out.upstream.target = at(1);
    for (const auto& [name, where] : named) {
        config::named_upstream one{.name = name};
        one.options.target = where;
        out.upstreams.push_back(one);
    }
    return out;
}

struct fixture {
    test::loop on;
    std::vector<std::string> complaints;
    int changes = 0;
    upstream_directory subject;

    explicit fixture(const config::config& options)
        : subject(on.context.get_executor(), options,
                  {.complaint = [this](const std::string& line) { complaints.push_back(line); },
                   .changed = [this] { ++changes; }}) {
        subject.start();
    }
    ~fixture() {
        subject.stop();
        on.context.restart();
        on.context.run_for(1s);  // what was cancelled ends
    }
    fixture(const fixture&) = delete;
    fixture& operator=(const fixture&) = delete;

    upstream_directory::books follow(const config::config& next) {
        bool is_done = false;
        core::spawn(follow_and_tell(next, is_done));
        on.run_until([&] { return is_done; });
        return subject.current();
    }

private:
    core::task<> follow_and_tell(const config::config& next, bool& is_done) {
        co_await subject.follow(next);
        is_done = true;
    }
};

unsigned short port_of(const std::shared_ptr<const app::address_book>& book) {
    REQUIRE(book->get() != nullptr);
    const auto& found = book->get()->front();
    core::tcp::endpoint out;
    REQUIRE(found.size() <= out.capacity());
    std::memcpy(out.data(), found.data(), found.size());
    return out.port();
}

}  // namespace

TEST_CASE("each upstream has a book of its own, in the order of the configuration") {
    fixture f(options_with({{"orders", at(2)}, {"search", at(3)}, {"same", at(2)}}));
    const auto books = f.subject.current();
    REQUIRE(books.size() == 4);
    CHECK(port_of(books[0]) == 1);
    CHECK(port_of(books[1]) == 2);
    CHECK(port_of(books[2]) == 3);
    CHECK(port_of(books[3]) == 2);
    CHECK(books[3] != books[1]);
    CHECK(books[3]->slots != books[1]->slots);
    CHECK(books[3]->number != books[1]->number);
}

TEST_CASE("what stays keeps its book over a reload, wherever it stands in the file") {
    fixture f(options_with({{"orders", at(2)}, {"search", at(3)}}));
    const auto before = f.subject.current();
    const auto after = f.follow(options_with({{"search", at(3)}, {"new", at(4)}, {"orders", at(2)}}));
    REQUIRE(after.size() == 4);
    CHECK(after[0] == before[0]);
    CHECK(after[1] == before[2]);
    CHECK(port_of(after[2]) == 4);
    CHECK(after[3] == before[1]);
}

TEST_CASE("an upstream at another place, or with another name, is another one") {
    fixture f(options_with({{"orders", at(2)}, {"search", at(3)}}));
    const auto before = f.subject.current();
    auto next = options_with({{"orders", at(5)}, {"found", at(3)}});
    next.upstream.target = at(6);
    const auto after = f.follow(next);
    REQUIRE(after.size() == 3);
    for (const auto& old : before)
        for (const auto& book : after) CHECK(book != old);
    CHECK(port_of(after[0]) == 6);
    CHECK(port_of(after[1]) == 5);
    CHECK(port_of(after[2]) == 3);
    f.subject.forget_replaced();
    CHECK(port_of(before[1]) == 2);  // for the requests that are still there
}

TEST_CASE("an upstream that is removed is forgotten, and is another one when it comes back") {
    fixture f(options_with({{"orders", at(2)}}));
    const auto before = f.subject.current();
    CHECK(f.follow(options_with({})).size() == 1);
    f.subject.forget_replaced();
    const auto again = f.follow(options_with({{"orders", at(2)}}));
    REQUIRE(again.size() == 2);
    CHECK(again[0] == before[0]);
    CHECK(again[1] != before[1]);
}

TEST_CASE("a name is resolved before a reload takes effect") {
    fixture f(options_with({}));
    const auto books = f.follow(options_with({{"orders", at(2, "localhost")}}));
    REQUIRE(books.size() == 2);
    CHECK(port_of(books[1]) == 2);
    CHECK(f.changes == 1);  // connections that wait for it may go on
    CHECK(f.complaints.empty());
}

TEST_CASE("a name that cannot be resolved holds up no other upstream, and is complained about once") {
    const auto nowhere = at(7, "no..such");
    fixture f(options_with({{"lost", nowhere}, {"orders", at(2)}}));
    const auto books = f.subject.current();
    CHECK(port_of(books[2]) == 2);
    const auto after = f.follow(options_with({{"lost", nowhere}, {"orders", at(2)}, {"also-lost", nowhere}}));
    REQUIRE(after.size() == 4);
    CHECK(after[1] == books[1]);
    for (const auto lost : {1, 3}) {
        REQUIRE(after[lost]->get() != nullptr);
        CHECK(after[lost]->get()->empty());
    }
    CHECK(port_of(after[0]) == 1);
    CHECK(port_of(after[2]) == 2);
    f.on.run_until([&] { return f.complaints.size() == 2; });
    CHECK(f.changes == 2);
    CHECK(f.complaints[0].find("'no..such' cannot be resolved") != std::string::npos);
}

TEST_CASE("an address book tells whether an address has gone") {
    using boost::asio::ip::make_address;
    const auto one = core::tcp::endpoint(make_address("127.0.0.1"), 1);
    const auto other = core::tcp::endpoint(make_address("::1"), 1);
    app::address_book book;
    CHECK(book.set({one}));
    CHECK(book.set({one, other}));
    CHECK(book.set({other, one}));
    CHECK_FALSE(book.set({other}));
    CHECK_FALSE(book.set({core::tcp::endpoint(make_address("::1"), 2)}));
}
