#include <gate/protocol/http1_reader.hpp>
#include <gate/protocol/http1_writer.hpp>
#include <gate/proxy/relay.hpp>

#include <catch.hpp>
#include <loop.hpp>
#include <optional>
#include <string>
#include <thread>

using namespace gate;
using namespace std::chrono_literals;
using http::body_framing;
using http::body_kind;
using proxy::relay_end;

namespace {

constexpr http::chunk_limits limits{256, 8192};

// A body on an HTTP/1.1 connection.
struct http1_source final : protocol::body_source {
    net::stream& bytes;
    protocol::http1_reader reader;

    http1_source(net::stream& from, net::buffer_pool& blocks) : bytes(from), reader(from, blocks) {}
    protocol::body_piece received() override { return reader.received(); }
    protocol::body_piece read() override { return reader.read(); }
    std::string_view trailers() const noexcept override { return reader.trailers(); }
    void release() noexcept override { reader.release(); }
    void note_passed_on(bool immediately) noexcept override { reader.note_passed_on(immediately); }
    bool begin_wait_to_read(net::readiness::callback call, void* self, core::time_point until) override {
        return bytes.begin_wait(net::direction::read, call, self, until);
    }
    void interrupt_reading(net::wait_status why) override { bytes.interrupt_reading(why); }
};

struct http1_sink final : protocol::body_sink {
    net::stream& bytes;
    protocol::http1_writer writer;

    explicit http1_sink(net::stream& to) : bytes(to), writer(to) {}
    protocol::sent try_send(const protocol::outgoing& piece) override { return writer.send(piece); }
    protocol::sent flush() override { return writer.flush(); }
    bool begin_wait_to_write(net::readiness::callback call, void* self, core::time_point until) override {
        return bytes.begin_wait(net::direction::write, call, self, until);
    }
    void interrupt_writing(net::wait_status why) override { bytes.interrupt_writing(why); }
};

// A relay from one connection to another, both with a peer that the test plays.
struct fixture {
    test::loop on;
    net::buffer_pool large_blocks{16384, 2};
    net::buffer_pool blocks{4096, 2, &large_blocks, 2};
    test::connection source{on};
    test::connection sink{on};
    http1_source from;
    http1_sink to;
    body_framing framing;
    body_kind sent_as;
    std::string prefix;
    proxy::relay pump;
    std::optional<relay_end> end;
    std::string arrived;

    fixture(body_framing received, body_kind sent, std::string head = "HEAD", core::duration patience = 5s)
        : from(*source.ours, blocks),
          to(*sink.ours),
          framing(received),
          sent_as(sent),
          prefix(std::move(head)),
          pump({on.context.get_executor(), patience, patience}, from, to) {}

    void start(std::string& early) { core::spawn(run(*this, early)); }
    void start() {
        static std::string none;
        start(none);
    }
    bool has_arrived(std::string_view text) {
        arrived += sink.received();
        return arrived == text;
    }

    static core::task<> run(fixture& f, std::string& early) {
        f.from.reader.begin(f.framing, limits, early, 4096);
        const auto first = f.from.received();
        const auto put = f.to.writer.send_head(f.prefix, f.sent_as, f.pump.outgoing_of(first));
        const auto end = co_await f.pump.run(first, put);
        f.from.release();
        f.end = end;
    }
};

}  // namespace

TEST_CASE("what came with the head goes out together with it") {
    fixture f({body_kind::counted, 5}, body_kind::counted);
    std::string early = "helloNEXT";
    f.start(early);
    CHECK(f.end == relay_end::done);
    f.on.run_until([&] { return f.has_arrived("HEADhello"); });
    CHECK(std::string(f.from.reader.rest().data(), f.from.reader.rest().size()) == "NEXT");
    CHECK(f.pump.body_bytes() == 5);
}

TEST_CASE("the head goes out before the first body byte has come, and each piece as it comes") {
    fixture f({body_kind::chunked, 0}, body_kind::chunked);
    f.start();
    f.on.run_until([&] { return f.has_arrived("HEAD"); });
    f.source.send("5\r\nhello\r\n");
    f.on.run_until([&] { return f.has_arrived("HEAD5\r\nhello\r\n"); });
    f.source.send("0\r\n\r\n");
    f.on.run_until([&] { return f.end.has_value(); });
    CHECK(f.end == relay_end::done);
    f.on.run_until([&] { return f.has_arrived("HEAD5\r\nhello\r\n0\r\n\r\n"); });
}

TEST_CASE("a body that lasts until the close is sent in chunks and ends with the connection") {
    fixture f({body_kind::until_close, 0}, body_kind::chunked);
    f.start();
    f.source.send("hello");
    f.on.run_until([&] { return f.has_arrived("HEAD5\r\nhello\r\n"); });
    f.source.peer.shutdown(core::tcp_socket::shutdown_send);
    f.on.run_until([&] { return f.end.has_value(); });
    CHECK(f.end == relay_end::done);
    f.on.run_until([&] { return f.has_arrived("HEAD5\r\nhello\r\n0\r\n\r\n"); });
}

TEST_CASE("rule 26: a body that lasts until the close does not end with a cut of our own") {
    const auto sent = GENERATE(body_kind::chunked, body_kind::until_close);
    fixture f({body_kind::until_close, 0}, sent);
    f.start();
    f.source.send("hello");
    const std::string part = sent == body_kind::chunked ? "HEAD5\r\nhello\r\n" : "HEADhello";
    f.on.run_until([&] { return f.has_arrived(part); });
    SECTION("while it waits for more") {}
    SECTION("when the source has ended, too, and nobody has looked yet") {
        f.source.peer.shutdown(core::tcp_socket::shutdown_send);
    }
    f.source.ours->cut();
    f.on.run_until([&] { return f.end.has_value(); });
    CHECK(f.end == relay_end::source_cut);
    CHECK(f.has_arrived(part));
}

TEST_CASE("a source that ends, fails, or sends garbage before the end of the body is told apart") {
    fixture f({body_kind::chunked, 0}, body_kind::chunked);
    f.start();
    f.source.send("5\r\nhel");
    f.on.run_until([&] { return f.has_arrived("HEAD3\r\nhel\r\n"); });
    SECTION("ends") {
        f.source.peer.shutdown(core::tcp_socket::shutdown_send);
        f.on.run_until([&] { return f.end.has_value(); });
        CHECK(f.end == relay_end::source_ended);
    }
    SECTION("fails") {
        f.source.reset();
        f.on.run_until([&] { return f.end.has_value(); });
        CHECK(f.end == relay_end::source_failed);
    }
    SECTION("garbage") {
        f.source.send("loXX");
        f.on.run_until([&] { return f.end.has_value(); });
        CHECK(f.end == relay_end::source_malformed);
    }
    SECTION("interrupted") {
        f.source.ours->interrupt_reading(net::wait_status::cancelled);
        CHECK(f.end == relay_end::cancelled);
    }
}

TEST_CASE("rule 24: a source that sends nothing, and a sink that takes nothing, run out of patience") {
    SECTION("source") {
        fixture f({body_kind::counted, 5}, body_kind::counted, "HEAD", 10ms);
        f.start();
        f.on.run_until([&] { return f.end.has_value(); });
        CHECK(f.end == relay_end::source_timed_out);
    }
    SECTION("sink") {
        fixture f({body_kind::counted, 0}, body_kind::counted, std::string(16 * 1024 * 1024, 'h'), 10ms);
        f.start();
        f.on.run_until([&] { return f.end.has_value(); });
        CHECK(f.end == relay_end::sink_timed_out);
    }
}

TEST_CASE("rule 27: a source that drips, and a sink that sips, are too slow") {
    constexpr std::size_t size = 64 * 1024 * 1024;
    fixture f({body_kind::counted, size}, body_kind::counted, "HEAD", 5s);
    const auto peer_of = [](test::connection& of) -> core::tcp_socket& {
        of.peer.non_blocking(true);
        return of.peer;
    };
    core::error_code ec;
    SECTION("source") {
        f.pump.hold_source_to({1'000'000, 100ms});
        f.start();
        auto& peer = peer_of(f.source);
        f.on.run_until([&] {
            peer.write_some(boost::asio::buffer("x", 1), ec);
            return f.end.has_value();
        });
        CHECK(f.end == relay_end::source_too_slow);
    }
    SECTION("sink") {
        f.pump.hold_sink_to({1'000'000'000, 100ms});
        f.start();
        auto& peer = peer_of(f.source);
        const std::string piece(1024 * 1024, 'x');
        char sip[16];
        f.on.run_until([&] {
            peer.write_some(boost::asio::buffer(piece), ec);
            ::recv(f.sink.peer.native_handle(), sip, sizeof sip, MSG_DONTWAIT);
            return f.end.has_value();
        });
        CHECK(f.end == relay_end::sink_too_slow);
    }
}

TEST_CASE("what an upstream keeps us waiting is not held against the client") {
    fixture f({body_kind::counted, 3}, body_kind::counted, "", 5s);
    SECTION("a client that takes") {
        f.pump.hold_sink_to({1'000'000, 10ms});
    }
    SECTION("a client that was asked to wait") {
        f.pump.hold_source_to({1'000'000, 10ms});
        f.pump.let_source_wait();
    }
    f.start();
    const auto began = core::clock::now();
    f.on.run_until([&] { return core::clock::now() > began + 200ms; });
    CHECK_FALSE(f.end);
    f.source.send("abc");
    f.on.run_until([&] { return f.end.has_value(); });
    CHECK(f.end == relay_end::done);
}

TEST_CASE("rule 27: what came with the head pays for waiting, too") {
    fixture f({body_kind::counted, 1'000'000}, body_kind::counted, "HEAD", 0s);
    f.pump.hold_source_to({10'000, 1s});
    std::string early(10'000, 'x');
    f.start(early);
    const auto began = core::clock::now();
    f.on.run_until([&] { return core::clock::now() > began + 500ms; });
    REQUIRE_FALSE(f.end);
    f.source.send(std::string(5'000, 'x'));
    f.on.run_until([&] { return f.end.has_value(); });
    CHECK(f.end == relay_end::source_too_slow);
    CHECK(core::clock::now() >= began + 1450ms);
}

TEST_CASE("rule 27: a client that sends nothing has run out of patience, rather than been slow") {
    fixture f({body_kind::counted, 5}, body_kind::counted, "HEAD", 10ms);
    f.pump.hold_source_to({500, 10ms});
    f.start();
    f.on.run_until([&] { return f.end.has_value(); });
    CHECK(f.end == relay_end::source_timed_out);
}

TEST_CASE("a sink that is gone ends the relay") {
    fixture f({body_kind::counted, 10}, body_kind::counted);
    f.start();
    f.sink.reset();
    f.source.send("hello");
    f.on.run_until([&] { return f.pump.body_bytes() == 5; });
    if (!f.end) f.source.send("hello");
    f.on.run_until([&] { return f.end.has_value(); });
    CHECK(f.end == relay_end::sink_failed);
}

TEST_CASE("a slow sink holds the source back, and gets every byte") {
    constexpr std::size_t size = 8 * 1024 * 1024;
    fixture f({body_kind::counted, size}, body_kind::counted, "");
    f.start();
    f.source.peer.non_blocking(true);
    const std::string piece(64 * 1024, 'x');
    std::size_t sent = 0;
    std::size_t got = 0;
    const auto push = [&] {
        core::error_code ec;
        if (sent < size)
            sent += f.source.peer.write_some(
                boost::asio::buffer(piece.data(), std::min(piece.size(), size - sent)), ec);
    };
    f.on.run_until([&] {
        push();
        got += f.sink.received().size();
        return got == size;
    });
    f.on.run_until([&] { return f.end.has_value(); });
    CHECK(f.end == relay_end::done);
}

TEST_CASE("a large body is read into large blocks, but for a while after a piece that had to wait") {
    fixture f({body_kind::counted, 1'000'000}, body_kind::counted);
    std::string early;
    f.from.reader.begin(f.framing, limits, early, 0);
    (void)f.from.received();
    f.source.send(std::string(400'000, 'x'));
    const auto read_on = [&f] {
        while (f.from.read().outcome == protocol::body_piece::state::blocked) std::this_thread::yield();
    };
    read_on();
    CHECK(f.large_blocks.in_use() == 1);
    f.from.note_passed_on(false);
    for (int small = 0; small < 64; ++small) {
        read_on();
        CHECK(f.large_blocks.in_use() == 0);
        CHECK(f.blocks.in_use() == 1);
        f.from.note_passed_on(true);
    }
    read_on();
    CHECK(f.large_blocks.in_use() == 1);
    CHECK(f.blocks.in_use() == 0);
    f.from.release();
    CHECK(f.large_blocks.in_use() == 0);
}

TEST_CASE("a body whose sink takes it slowly comes to hold no large block") {
    constexpr std::size_t size = 1024 * 1024 * 1024;
    fixture f({body_kind::counted, size}, body_kind::counted, "");
    core::error_code ec;
    f.sink.ours->socket().set_option(boost::asio::socket_base::send_buffer_size(16 * 1024), ec);
    f.start();
    f.source.peer.non_blocking(true);
    const std::string piece(256 * 1024, 'x');
    char sip[4096];
    f.on.run_until([&] {
        f.source.peer.write_some(boost::asio::buffer(piece), ec);
        ::recv(f.sink.peer.native_handle(), sip, sizeof sip, MSG_DONTWAIT);
        return f.blocks.in_use() == 1;
    });
    CHECK(f.large_blocks.in_use() == 0);
    f.source.ours->cut();
    f.sink.ours->cut();
    f.on.run_until([&] { return f.end.has_value(); });
}
