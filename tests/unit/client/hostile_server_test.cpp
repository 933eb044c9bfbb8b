// Servers that break HTTP, or mean harm.
#include "http_client_fixture.hpp"

#include <boost/asio/write.hpp>

using namespace gate;
using namespace std::chrono_literals;
using client::failure;

namespace {

const std::string chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

server_step say_without_end(std::string beginning, std::string more) {
    return [beginning, more](server_peer& to) {
        to.send(beginning);
        for (;;) to.send(more);  // until the client has closed
        return false;
    };
}

struct own_server_fixture : http_client_fixture {
    own_server_fixture() : acceptor(context.get_executor(), {core::asio::ip::address_v4::loopback(), 0}) {
        connect_to(acceptor.local_endpoint().port());
    }
    void send(std::string_view text) {
        core::error_code ignored;  // the client may have closed
        core::asio::write(peer, core::asio::buffer(text.data(), text.size()), ignored);
    }

    core::tcp_acceptor acceptor;
    core::tcp_socket peer{context.get_executor()};
};

}  // namespace

TEST_CASE_METHOD(own_server_fixture,
                 "rule 30: an answer before the request is none, and the request not sent") {
    std::optional<outcome> out;
    begin(out);
    acceptor.accept(peer);
    send(GENERATE(as<std::string>(), "H", "HTTP/1.1 100 Continue\r\n\r\n", response(200, "early")));
    finish(out);
    CHECK(out->problem.kind == failure::bad_answer);
    CHECK(out->problem.detail == "bytes that came before the request");
    CHECK(out->times_sent == 0);
}

TEST_CASE_METHOD(own_server_fixture,
                 "an answer that drips in ends with the deadline, however steadily it comes") {
    const auto beginning = GENERATE(as<std::string>(), "HTTP/1.1 200 OK\r\nX: ", chunked + "ff\r\n",
                                    "HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n");
    std::optional<outcome> out;
    const auto began = core::clock::now();
    begin(out, 100ms);
    acceptor.accept(peer);
    while (peer.available() == 0) context.run_one();
    send(beginning);
    context.restart();
    while (!out) {
        send("a");
        context.run_for(5ms);
    }
    CHECK(out->problem.kind == failure::timed_out);
    CHECK(core::clock::now() >= began + 100ms);
}

TEST_CASE_METHOD(http_client_fixture, "rule 30: an answer behind an answer is not that of the next call") {
    scripted_server peer({say(response(200, "first") + response(200, "evil")), say(response(200, "second"))});
    connect_to(peer.port());
    CHECK(call().answer.body == "first");
    CHECK(subject->idle_connections() == 0);
    CHECK(call().answer.body == "second");
    CHECK(peer.connections() == 2);
}

TEST_CASE_METHOD(http_client_fixture, "rule 21: a connection whose next bytes are uncertain is not kept") {
    const auto text =
        GENERATE(as<std::string>(), response(200, "", "Connection: close\r\n"),
                 "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
                 "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n");
    scripted_server peer({say(text)});
    connect_to(peer.port());
    call();
    CHECK(subject->idle_connections() == 0);
}

TEST_CASE_METHOD(http_client_fixture, "what is no HTTP is a bad answer, and ends its connection") {
    const auto text =
        GENERATE(as<std::string>(), "SSH-2.0-OpenSSH_9.2\r\n\r\n", "HTTP/1.1 2x0 OK\r\n\r\n",
                 "HTTP/2.0 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nno field\r\n\r\n",
                 "HTTP/1.1 200 OK\r\n: x\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
                 "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\na", chunked + "zz\r\n",
                 chunked + "2\r\nabcd\r\n", chunked + "-1\r\n", chunked + "fffffffffffffffffff\r\n");
    INFO(text);
    scripted_server peer({say_and_close(text)});
    connect_to(peer.port());
    const auto got = call();
    CHECK(got.problem.kind == failure::bad_answer);
    CHECK_FALSE(got.problem.detail.empty());
    CHECK(subject->idle_connections() == 0);
}

TEST_CASE_METHOD(http_client_fixture, "rule 24: an answer may be as large as its bounds, and no larger") {
    options.bounds = {.head = 200, .body = 100};
    const std::string most(100, 'a');
    SECTION("the largest body") {
        scripted_server peer({say(response(200, most))});
        connect_to(peer.port());
        CHECK(call().answer.body == most);
    }
    SECTION("more") {
        const auto text = GENERATE_REF(
            as<std::string>(), response(200, most + "a"), chunked + "65\r\n" + most + "a\r\n0\r\n\r\n",
            "HTTP/1.1 200 OK\r\n\r\n" + most + "a", response(200, "", "X: " + most + most + "\r\n"));
        scripted_server peer({say_and_close(text)});
        connect_to(peer.port());
        CHECK(call().problem.kind == failure::bad_answer);
    }
}

TEST_CASE_METHOD(http_client_fixture,
                 "rule 24: an answer without end is given up, whichever part of it has none") {
    const std::string much(4096, 'a');
    const std::pair<std::string, std::string> endless[] = {
        {"HTTP/1.1 200 ", much},
        {"HTTP/1.1 200 OK\r\nX: ", much},
        {"HTTP/1.1 200 OK\r\n", "X: " + much + "\r\n"},
        {"HTTP/1.1 200 OK\r\n\r\n", much},
        {chunked, "1000\r\n" + much + "\r\n"},
        {chunked + "1;", much},
        {chunked + "0\r\n", "X: " + much + "\r\n"},
    };
    for (const auto& [beginning, more] : endless) {
        INFO(beginning << " ... " << more.substr(0, 20));
        scripted_server peer({say_without_end(beginning, more)});
        connect_to(peer.port());
        CHECK(call(10s).problem.kind == failure::bad_answer);
        CHECK(subject->idle_connections() == 0);
    }
}

TEST_CASE_METHOD(http_client_fixture, "rule 24: of interim responses without end one becomes the answer") {
    scripted_server peer(
        {say_without_end("", "HTTP/1.1 103 Early Hints\r\n\r\n"), say(response(200, "next"))});
    connect_to(peer.port());
    CHECK(call().answer.status() == 103);
    CHECK(subject->idle_connections() == 0);
    CHECK(call().answer.body == "next");
}

TEST_CASE_METHOD(http_client_fixture, "an answer that is cut off is no answer, however far it came") {
    const auto whole = GENERATE(response(200, "body"), chunked + "4\r\nbody\r\n0\r\n\r\n");
    for (std::size_t size = 0; size < whole.size(); ++size) {
        INFO(size << " bytes");
        scripted_server peer({say_and_close(whole.substr(0, size))});
        connect_to(peer.port());
        CHECK(call().problem.kind == failure::unreachable);
    }
}

TEST_CASE_METHOD(http_client_fixture, "a redirect is returned, not followed") {
    scripted_server other({say(response(200, ""))});
    scripted_server peer(
        {say(response(307, "", "Location: http://127.0.0.1:" + std::to_string(other.port()) + "/\r\n"))});
    connect_to(peer.port());
    CHECK(call().answer.status() == 307);
    CHECK(other.connections() == 0);
}
