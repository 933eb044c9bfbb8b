#include <gate/net/stream.hpp>

#include <aborts.hpp>
#include <array>
#include <catch.hpp>
#include <loop.hpp>
#include <optional>
#include <span>
#include <string>

using namespace gate;
using namespace std::chrono_literals;
using net::wait_status;

namespace {

// Waits until there is something to read, or something else ends the wait.
core::task<> wait_readable(net::stream& from, core::time_point until, std::optional<wait_status>& out) {
    auto status = wait_status::ready;
    while (status == wait_status::ready && !from.peek().has_data) {
        std::array<char, 1> none;
        if (!from.try_read(none).would_block()) break;
        status = co_await from.readable(until);
    }
    out = status;
}

// Watches as the users of a stream do: an event that turns out to be none is waited for again.
struct watcher {
    net::stream& seen;
    int told = 0;

    void watch() { seen.watch(&watcher::on_event, this); }
    static void on_event(void* self, wait_status) {
        auto& it = *static_cast<watcher*>(self);
        const auto state = it.seen.peek();
        if (state.has_data || state.gone) {
            ++it.told;
        } else {
            it.watch();
        }
    }
};

core::task<> read_all(net::stream& from, std::string& out, bool& ended) {
    std::array<char, 7> buffer;
    for (;;) {
        const auto got = from.try_read(buffer);
        if (got.would_block()) {
            if (co_await from.readable() != wait_status::ready) break;
            continue;
        }
        if (!got.ok()) break;
        out.append(buffer.data(), got.bytes);
    }
    ended = true;
}

core::task<> write_all(net::stream& to, std::string data, bool& done) {
    std::string_view left = data;
    while (!left.empty()) {
        const auto put = to.try_write(left);
        if (put.would_block()) {
            if (co_await to.writable() != wait_status::ready) co_return;
            continue;
        }
        if (!put.ok()) co_return;
        left.remove_prefix(put.bytes);
    }
    done = true;
}

core::task<> write_until_failure(net::stream& to, std::optional<net::io_result>& out) {
    const std::string data(64 * 1024, 'd');
    for (;;) {
        const auto put = to.try_write(data);
        if (put.would_block()) {
            (void)co_await to.writable();
        } else if (!put.ok()) {
            out = put;
            co_return;
        }
    }
}

}  // namespace

TEST_CASE("bytes arrive in whatever pieces they are sent, and the end is seen") {
    test::loop on;
    test::connection pair(on);
    std::string out;
    bool ended = false;
    core::spawn(read_all(*pair.ours, out, ended));
    pair.send("hello ");
    on.run_until([&] { return out == "hello "; });
    pair.send("world, in more than one read");
    pair.peer.shutdown(core::tcp_socket::shutdown_send);
    on.run_until([&] { return ended; });
    CHECK(out == "hello world, in more than one read");
}

TEST_CASE("an end that came together with the data is not missed") {
    test::loop on;
    test::connection pair(on);
    std::string out;
    bool ended = false;
    pair.send("abc");
    pair.peer.shutdown(core::tcp_socket::shutdown_send);
    on.context.poll();
    core::spawn(read_all(*pair.ours, out, ended));
    on.run_until([&] { return ended; });
    CHECK(out == "abc");
}

namespace {

// Reads once, as soon as an event tells of something to read.
core::task<> read_after_event(net::stream& from, std::span<char> into, std::optional<net::io_result>& out) {
    auto got = from.try_read(into);
    while (got.would_block()) {
        co_await from.readable();
        got = from.try_read(into);
    }
    out = got;
}

}  // namespace

TEST_CASE("a short read empties the socket, unless the end came with the data") {
    test::loop on;
    test::connection pair(on);
    std::array<char, 64> buffer;
    std::optional<net::io_result> got;
    core::spawn(read_after_event(*pair.ours, buffer, got));
    const auto wait = [&] { on.run_until([&] { return got.has_value(); }); };
    on.context.poll();  // the first wait ends without an event
    pair.send("hello");
    SECTION("data alone") {
        wait();
        CHECK(got->bytes == 5);
        CHECK(pair.ours->may_have_more() != net::readiness::reports_edges);
    }
    SECTION("data and the end") {
        pair.peer.shutdown(core::tcp_socket::shutdown_send);
        wait();
        CHECK(got->bytes == 5);
        CHECK(pair.ours->may_have_more());
        CHECK(pair.ours->try_read(buffer).eof);
    }
    SECTION("data, and the end after it was read") {
        wait();
        pair.peer.shutdown(core::tcp_socket::shutdown_send);
        got.reset();
        core::spawn(read_after_event(*pair.ours, buffer, got));
        wait();
        CHECK(got->eof);
    }
    SECTION("urgent data, at which a read stops") {
        pair.peer.send(boost::asio::buffer("!", 1), core::tcp_socket::message_out_of_band);
        pair.send("more");
        std::string whole;
        while (whole != "hellomore") {
            wait();
            REQUIRE(got->bytes > 0);
            whole.append(buffer.data(), got->bytes);
            got.reset();
            if (whole != "hellomore") core::spawn(read_after_event(*pair.ours, buffer, got));
        }
    }
}

TEST_CASE("waiting ends with timed_out at its deadline, and the stream still works") {
    test::loop on;
    test::connection pair(on);
    std::array<char, 8> buffer;
    REQUIRE(pair.ours->try_read(buffer).would_block());
    std::optional<wait_status> first;
    core::spawn(wait_readable(*pair.ours, core::clock::now() + 10ms, first));
    CHECK_FALSE(first);
    on.run_until([&] { return first.has_value(); });
    CHECK(*first == wait_status::timed_out);
    std::optional<wait_status> second;
    core::spawn(wait_readable(*pair.ours, core::never, second));
    pair.send("x");
    on.run_until([&] { return second.has_value(); });
    CHECK(*second == wait_status::ready);
    CHECK(pair.ours->try_read(buffer).bytes == 1);
}

TEST_CASE("whoever waits for reading can be interrupted") {
    test::loop on;
    test::connection pair(on);
    std::array<char, 8> buffer;
    REQUIRE(pair.ours->try_read(buffer).would_block());
    std::optional<wait_status> status;
    core::spawn(wait_readable(*pair.ours, core::never, status));
    pair.ours->interrupt_reading(wait_status::cancelled);
    CHECK(status == wait_status::cancelled);
}

TEST_CASE("a writer waits for a slow reader and loses nothing") {
    test::loop on;
    test::connection pair(on);
    const std::string data(8 * 1024 * 1024, 'd');
    bool done = false;
    core::spawn(write_all(*pair.ours, data, done));
    on.context.poll();
    REQUIRE_FALSE(done);
    std::size_t read = 0;
    on.run_until([&] {
        read += pair.received().size();
        return read == data.size();
    });
    on.run_until([&] { return done; });
}

TEST_CASE("cutting a connection wakes whoever waits on it") {
    test::loop on;
    test::connection pair(on);
    std::string out;
    bool ended = false;
    core::spawn(read_all(*pair.ours, out, ended));
    on.context.poll();
    pair.ours->cut();
    on.run_until([&] { return ended; });
    CHECK(out.empty());
}

TEST_CASE("cutting a connection wakes a writer whose peer does not read") {
    test::loop on;
    test::connection pair(on);
    std::optional<net::io_result> failed;
    core::spawn(write_until_failure(*pair.ours, failed));
    on.context.poll();
    REQUIRE_FALSE(failed.has_value());
    pair.ours->cut();
    on.run_until([&] { return failed.has_value(); });
    CHECK(failed->was_cut());
}

TEST_CASE("rule 26: the peer of a connection that is cut sees a reset at once, and no end") {
    test::loop on;
    test::connection pair(on);
    REQUIRE(pair.ours->try_write("part").bytes == 4);
    pair.ours->cut();
    core::error_code ec;
    std::array<char, 16> buffer;
    while (!ec) pair.peer.read_some(boost::asio::buffer(buffer), ec);
    CHECK(ec == boost::asio::error::connection_reset);
}

TEST_CASE("rule 26: our own cut is not the peer's end, whatever has come before it") {
    test::loop on;
    test::connection pair(on);
    const auto had = GENERATE("nothing", "bytes", "an end");
    INFO(had);
    if (had != std::string_view("nothing")) pair.send("bytes");
    if (had == std::string_view("an end")) pair.peer.shutdown(core::tcp_socket::shutdown_send);
    pair.ours->cut();
    std::array<char, 16> buffer;
    const auto got = pair.ours->try_read(buffer);
    CHECK((got.was_cut() && !got.eof && got.bytes == 0));
    CHECK(pair.ours->try_write("x").was_cut());
    const std::array<iovec, 2> pieces{{{buffer.data(), 1}, {buffer.data(), 1}}};
    CHECK(pair.ours->try_write(pieces).was_cut());
}

TEST_CASE("a watcher is told once about data, an end, or a reset") {
    test::loop on;
    test::connection pair(on);
    std::array<char, 8> buffer;
    REQUIRE(pair.ours->try_read(buffer).would_block());
    watcher watching{*pair.ours};
    watching.watch();
    SECTION("data") {
        pair.send("x");
        on.run_until([&] { return watching.told == 1; });
        CHECK(pair.ours->peek().has_data);
        CHECK_FALSE(pair.ours->peek().gone);
    }
    SECTION("an end") {
        pair.peer.shutdown(core::tcp_socket::shutdown_send);
        on.run_until([&] { return watching.told == 1; });
        CHECK_FALSE(pair.ours->peek().gone);
    }
    SECTION("a reset") {
        pair.reset();
        on.run_until([&] { return watching.told == 1; });
        CHECK(pair.ours->peek().gone);
    }
    SECTION("nothing, after it stopped watching") {
        pair.ours->stop_watching();
        pair.send("x");
        std::optional<wait_status> status;
        core::spawn(wait_readable(*pair.ours, core::never, status));
        on.run_until([&] { return status.has_value(); });
        CHECK(watching.told == 0);
    }
}

TEST_CASE("a stream may be destroyed while it is watched") {
    test::loop on;
    test::connection pair(on);
    std::array<char, 8> buffer;
    REQUIRE(pair.ours->try_read(buffer).would_block());
    watcher watching{*pair.ours};
    watching.watch();
    on.context.poll();
    pair.ours->stop_watching();
    pair.ours.reset();
    on.context.restart();
    on.context.run();
    CHECK(watching.told == 0);
}

TEST_CASE("waiting for a socket with an open loan ends the program") {
    if (!core::checks_loans) return;
    test::loop on;
    test::connection pair(on);
    std::array<char, 8> buffer;
    REQUIRE(pair.ours->try_read(buffer).would_block());
    core::shared_scratch<std::string> scratch;
    std::optional<wait_status> status;
    watcher watching{*pair.ours};
    CHECK(test::aborts([&] {
        const auto lent = scratch.lend();
        core::spawn(wait_readable(*pair.ours, core::never, status));
    }));
    const auto lent = scratch.lend();
    watching.watch();  // no coroutine waits
    pair.ours->stop_watching();
}
