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
