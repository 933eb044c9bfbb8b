// What becomes of a connection after a request on it.
#include <gate/http/head_parser.hpp>
#include <gate/protocol/http1_inbound.hpp>

#include <catch.hpp>
#include <loop.hpp>
#include <string>

using namespace gate;
using namespace std::chrono_literals;
using core::reason;
using protocol::afterwards;

namespace {

const std::string get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const std::string post_of_ten = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n";

class fixture : public protocol::http1_owner {
public:
    fixture() {
        char nothing[1];
        (void)client.ours->try_read(nothing);  // all that has come is what the test says
    }
    fixture(const fixture&) = delete;
    fixture& operator=(const fixture&) = delete;

    // A request of which so much has come, and its head is read.
    void receive(const std::string& text, bool is_last = false) {
        memory.begin();
        memory.assign(text);
        subject.emplace(shared, *this, *client.ours, memory, limits, is_last);
        REQUIRE(subject->read_request(text.find("\r\n\r\n") + 4, rules));
    }
    // The same, as a session does with what is large: only the head is copied.
    void receive_in_block(const std::string& head, const std::string& behind) {
        auto block = blocks.take();
        head.copy(block.data(), head.size());
        behind.copy(block.data() + head.size(), behind.size());
        came_in = block.data() + head.size();
        memory.begin();
        memory.assign(head);
        arrival.put(std::move(block), head.size() + behind.size(), head.size());
        subject.emplace(shared, *this, *client.ours, memory, limits, false);
        REQUIRE(subject->read_request(head.size(), rules));
    }
    // In the block that is handed out next.
    std::string left(std::size_t size) {
        const auto block = blocks.take();
        return {came_in, size};
    }
    void reply(int status, bool closes = false) {
        CHECK(subject->try_send_reply({.status = status, .reason = reason::none}, closes).outcome ==
              protocol::sent::state::done);
    }
    // A response with the body "ok".
    void respond(const std::string& head, http::method asked = http::method::get) {
        protocol::response what;
        REQUIRE(http::parse_response_head(head, {16384, 100, 8192}, what.head));
        http::read_connection_options(what.head, what.connection);
        what.framing = http::response_framing(what.head, asked).value();
        subject->try_send_head(what, {.request_id = "r", .date = "d"}, {"ok", true});
    }
    void on_reply_waits() noexcept override { ++replies_waited_for; }

    static core::task<> run_drain(fixture& f) { f.drained = co_await f.subject->discard_body(); }
    void drain() { core::spawn(run_drain(*this)); }

    test::loop on;
    test::connection client{on};
    config::limit_options limits;
    http::reading_rules rules{{16384, 100, 8192}, http::identity_names(""), {}};
    net::buffer_pool blocks{16384, 2};
    const char* came_in = nullptr;
    protocol::arrival_block arrival;
    protocol::head_scratch scratch;
    bool draining = false;
    protocol::http1_shared shared{blocks, arrival, scratch, draining};
    protocol::exchange_memory memory;
    std::optional<protocol::http1_inbound> subject;
    std::optional<bool> drained;
    int replies_waited_for = 0;
};

constexpr auto counted = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n";
constexpr auto until_close = "HTTP/1.1 200 OK\r\n\r\n";

}  // namespace

TEST_CASE_METHOD(fixture, "a connection is kept after a whole request and a response that tells its end") {
    receive(get);
    respond(GENERATE(counted, until_close));  // which we send in chunks
    CHECK(subject->what_next() == afterwards::keep);
}

TEST_CASE_METHOD(fixture, "a connection is closed when the request, the count or the end says so") {
    SECTION("the client wants it") {
        receive("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    }
    SECTION("HTTP/1.0") {
        receive("GET / HTTP/1.0\r\n\r\n");
    }
    SECTION("it was the last that the connection takes") {
        receive(get, true);
    }
    SECTION("the program ends") {
        draining = true;
        receive(get);
    }
    respond(counted);
    CHECK(client.received().find("Connection: close\r\n") != std::string::npos);
    CHECK(subject->what_next() == afterwards::close);
}

TEST_CASE_METHOD(fixture,
                 "an HTTP/1.0 client that asks for it keeps its connection, but not for want of a count") {
    receive("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    const bool tells_its_end = GENERATE(true, false);
    respond(tells_its_end ? counted : until_close);
    CHECK((subject->what_next() == afterwards::keep) == tells_its_end);
}

TEST_CASE_METHOD(fixture, "rule 22: what is left of a small counted body is drained") {
    receive(post_of_ten + "01234");
    reply(401);
    CHECK(subject->what_next() == afterwards::discard);
}

TEST_CASE_METHOD(fixture,
                 "rule 22: a connection with any other body that is left over takes no more requests") {
    const bool closes = GENERATE(false, true);
    SECTION("large") {
        receive("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000000\r\n\r\n");
    }
    SECTION("of unknown size") {
        receive("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    }
    SECTION("that waits for our word") {
        receive("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\nExpect: 100-continue\r\n\r\n");
    }
    SECTION("that we have given up") {
        receive(post_of_ten);
        subject->give_up_body();
    }
    reply(401, closes);
    CHECK(subject->what_next() == afterwards::linger);
}

TEST_CASE_METHOD(fixture, "a refused client that may still be sending can read why") {
    receive(get, true);
    reply(403);
    CHECK(subject->what_next() == afterwards::linger);
}

TEST_CASE_METHOD(fixture, "rule 26: a response that is cut ends its connection as an abort") {
    receive(get);
    SECTION("after its head") {
        respond("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n");
        subject->reset(reason::client_gone);
    }
    SECTION("before it, for a reason of ours") {
        subject->reset(reason::draining);
    }
    CHECK(subject->what_next() == afterwards::abort);
}

TEST_CASE_METHOD(fixture, "rule 29: once a response has begun, to stop it is to cut its connection") {
    receive(get);
    const bool has_begun = GENERATE(true, false);
    if (has_begun) respond("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n");
    subject->stop_sending();
    CHECK(client.ours->is_cut() == has_begun);
}

TEST_CASE_METHOD(fixture, "a client that has gone before anything was said is only left") {
    receive(get);
    subject->reset(reason::client_gone);
    CHECK(subject->what_next() == afterwards::close);
}

TEST_CASE_METHOD(fixture, "what is drained is thrown away, and what follows it is left") {
    receive(post_of_ten + "012");
    reply(401);
    drain();
    CHECK_FALSE(drained);
    client.send("34567");
    client.send("89" + get);
    on.run_until([this] { return drained.has_value(); });
    CHECK(*drained);
    CHECK(subject->what_next() == afterwards::keep);
    std::string rest(get.size() + 1, ' ');
    const auto got = client.ours->try_read(rest);
    CHECK(rest.substr(0, got.bytes) == get);
}

TEST_CASE_METHOD(fixture, "a body that has come already is drained without a wait") {
    receive(post_of_ten + "0123456789");
    reply(401);
    drain();
    CHECK(drained == true);
}

TEST_CASE_METHOD(fixture, "rule 22: no more of a body of unknown size is drained than of another one") {
    limits.drain = 64;
    receive("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    subject->discard_unknown_body();
    reply(401);
    CHECK(subject->what_next() == afterwards::discard);
    drain();
    client.send("ffff\r\n" + std::string(65, 'x'));
    on.run_until([this] { return drained.has_value(); });
    CHECK_FALSE(*drained);
}

TEST_CASE_METHOD(fixture, "a counted body is read by as much as a block holds") {
    limits.head_size = 16;
    receive("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2000\r\n\r\n");
    (void)subject->received();
    client.send(std::string(2000, 'b') + get);
    CHECK(subject->read().data.size() == 2000);
    CHECK(subject->is_body_read());
    CHECK(memory.overflow.empty());
}

TEST_CASE_METHOD(fixture, "of a chunked body, little is read that may belong to the next request") {
    limits.head_size = 16;
    receive("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    (void)subject->received();
    const auto pipelined = get + get;
    client.send("3e8\r\n" + std::string(1000, 'c') + "\r\n0\r\n\r\n" + pipelined);
    CHECK(subject->read().received == 16);
    const auto piece = subject->read();
    CHECK(piece.received == 1000 - 11 + 16);
    CHECK(piece.data.size() == 1000 - 11);
    CHECK(piece.is_last);
    CHECK(memory.overflow == pipelined.substr(0, 16 - 7));
}

TEST_CASE_METHOD(fixture, "rule 22: a body that does not come ends its draining") {
    receive(post_of_ten);
    reply(401);
    SECTION("in time") {
        limits.body_timeout = 20ms;
        drain();
    }
    SECTION("because its client has ended") {
        drain();
        client.peer.shutdown(core::tcp_socket::shutdown_send);
    }
    SECTION("because its client is lost") {
        drain();
        client.reset();
    }
    SECTION("because the place is needed") {
        drain();
        client.ours->interrupt_reading(net::wait_status::cancelled);
    }
    on.run_until([this] { return drained.has_value(); });
    CHECK_FALSE(*drained);
}

TEST_CASE_METHOD(fixture,
                 "rule 27: a reply that its client does not take is told to the owner, a response is not") {
    receive(get);
    const bool is_reply = GENERATE(true, false);
    if (is_reply) {
        reply(401);
    } else {
        respond(counted);
    }
    const auto ignore = [](void*, net::wait_status) {};
    subject->begin_wait_to_write(ignore, nullptr, core::never);
    CHECK(replies_waited_for == (is_reply ? 1 : 0));
    client.ours->cut();
    on.context.restart();
    on.context.poll();
}

namespace {

const std::string post_of_5000 = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5000\r\n\r\n";
const std::string post_in_chunks = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
const std::string body_of_5000(5000, 'b');
const std::string as_chunk = "1388\r\n" + body_of_5000 + "\r\n0\r\n\r\n";
const std::string with_token =
    "GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer agt_secret\r\nX-Long: " + std::string(3000, 'x') +
    "\r\n\r\n";

std::string text_of(const protocol::body_piece& piece) {
    return {piece.data.data(), piece.data.size()};
}
std::string zeros(std::size_t size) {
    return std::string(size, '\0');
}

}  // namespace

TEST_CASE_METHOD(fixture, "a large body is handed on in the block that it has come in") {
    const bool is_chunked = GENERATE(false, true);
    if (is_chunked) {
        receive_in_block(post_in_chunks, as_chunk);
    } else {
        receive_in_block(post_of_5000, body_of_5000);
    }
    CHECK(arrival.is_empty());
    CHECK(subject->has_early_body());
    const auto piece = subject->received();
    CHECK(text_of(piece) == body_of_5000);
    CHECK(piece.is_last);
    CHECK(piece.data.data() == came_in);
    CHECK(blocks.in_use() == 1);
    subject->release();
    CHECK(blocks.in_use() == 0);
    CHECK(memory.early_body.empty());
}

TEST_CASE_METHOD(fixture, "a body whose request has to wait is kept in memory of its size") {
    const bool is_chunked = GENERATE(false, true);
    if (is_chunked) {
        receive_in_block(post_in_chunks, as_chunk);
    } else {
        receive_in_block(post_of_5000, body_of_5000);
    }
    subject->keep_early_body();
    CHECK(blocks.in_use() == 0);
    CHECK(subject->has_early_body());
    const auto others = blocks.take();
    std::fill_n(others.data(), others.size(), 'x');
    subject->keep_early_body();  // it may have to wait more than once
    CHECK(text_of(subject->received()) == body_of_5000);
    CHECK(subject->is_body_read());
}

TEST_CASE_METHOD(fixture,
                 "rule 21: what follows a large body, or a request without one, is the next request") {
    SECTION("behind a counted body") {
        receive_in_block(post_of_5000, body_of_5000 + with_token);
        CHECK(text_of(subject->received()) == body_of_5000);
    }
    SECTION("behind a chunked body") {
        receive_in_block(post_in_chunks, as_chunk + with_token);
        CHECK(text_of(subject->received()) == body_of_5000);
    }
    SECTION("behind no body") {
        receive_in_block(get, with_token);
        CHECK_FALSE(subject->has_early_body());
    }
    SECTION("and after a wait") {
        receive_in_block(post_in_chunks, as_chunk + with_token);
        subject->keep_early_body();
        CHECK(text_of(subject->received()) == body_of_5000);
    }
    reply(200);
    CHECK(subject->what_next() == afterwards::keep);
    subject.reset();
    memory.begin_next();
    CHECK(memory.received() == with_token);
}

TEST_CASE_METHOD(fixture,
                 "rule 25: no token of the next request stays in the block of a body that was read") {
    const std::string behind = as_chunk + with_token;
    receive_in_block(post_in_chunks, behind);
    (void)subject->received();
    subject->release();
    CHECK(left(behind.size()).substr(as_chunk.size()) == zeros(with_token.size()));
}

TEST_CASE_METHOD(fixture, "rule 25: no token stays in the block that a body has come in") {
    std::string behind = as_chunk + with_token;
    SECTION("of a request that follows one whose body is not read") {
        receive_in_block(post_in_chunks, behind);
        subject.reset();
    }
    SECTION("of a request that follows one that has to wait") {
        receive_in_block(post_in_chunks, behind);
        subject->keep_early_body();
    }
    SECTION("behind what is no chunk") {
        behind = "z" + behind;
        receive_in_block(post_in_chunks, behind);
        CHECK(subject->received().outcome == protocol::body_piece::state::malformed);
        subject->release();
    }
    SECTION("of a request that follows one without a body") {
        receive_in_block(get, behind);
    }
    CHECK(left(behind.size()) == zeros(behind.size()));
}

TEST_CASE_METHOD(fixture, "a client that does not take its reply holds no block with what it has sent") {
    receive_in_block(post_of_5000, body_of_5000);
    reply(401);
    const auto ignore = [](void*, net::wait_status) {};
    subject->begin_wait_to_write(ignore, nullptr, core::never);
    CHECK(blocks.in_use() == 0);
    drain();
    CHECK(drained == true);
    client.ours->cut();
    on.context.restart();
    on.context.poll();
}

TEST_CASE_METHOD(fixture, "what came with an upgrade is the other protocol's") {
    receive_in_block("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
                     body_of_5000);
    protocol::response what;
    REQUIRE(
        http::parse_response_head("HTTP/1.1 101 Switching Protocols\r\n\r\n", {16384, 100, 8192}, what.head));
    std::string head;
    CHECK(subject->switch_protocols(what, {.request_id = "r"}, head).unread == body_of_5000);
}
