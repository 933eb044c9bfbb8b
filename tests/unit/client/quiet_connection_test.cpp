#include "certificates.hpp"
#include "scripted_server.hpp"

#include <gate/client/failure.hpp>
#include <gate/client/quiet_connection.hpp>
#include <gate/client/tls.hpp>

#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <openssl/ssl.h>

#include <catch.hpp>
#include <optional>

using namespace gate;
using namespace std::chrono_literals;
using client::connection;
using client::quiet_connection;

namespace asio = boost::asio;

namespace {

enum class transport { plain, tls_1_2, tls_1_3 };

// A connection under test and its peer, on one thread: what the peer has sent has arrived, or waits for an
// acknowledgement.
struct peer_fixture {
    using settled = core::result<quiet_connection>;
    using tls_stream = asio::ssl::stream<core::tcp_socket&>;

    void open(transport how) {
        if (how != transport::plain) prepare_tls(how == transport::tls_1_2 ? TLS1_2_VERSION : TLS1_3_VERSION);
        auto made = std::make_unique<connection>(context.get_executor(), tls.get(), "localhost");
        std::optional<core::error_code> opened;
        core::spawn(keep(made->open(acceptor.local_endpoint(), client::clear_text::loopback_only), opened));
        acceptor.accept(peer);
        std::optional<core::error_code> accepted;
        if (peer_tls) {
            peer_tls->async_handshake(tls_stream::server, [&](core::error_code ec) { accepted = ec; });
        } else {
            accepted = core::error_code{};
        }
        while (!opened || !accepted) context.run_one();
        REQUIRE(!*opened);
        REQUIRE(!*accepted);
        ours = std::move(made);
    }
    void prepare_tls(int version) {
        static const certificate ca = make_ca("test CA");
        static const temporary_file ca_file(ca.pem);
        tls = *client::make_tls_context(ca_file.path());
        peer_context = server_context(make_certificate(ca, "DNS:localhost"));
        SSL_CTX_set_min_proto_version(peer_context->native_handle(), version);
        SSL_CTX_set_max_proto_version(peer_context->native_handle(), version);
        peer_tls.emplace(peer, *peer_context);
    }

    template <class T>
    static core::task<> keep(core::task<T> work, std::optional<T>& out) {
        out.emplace(co_await std::move(work));
    }
    template <class T>
    T run(core::task<T> work) {
        std::optional<T> out;
        core::spawn(keep(std::move(work), out));
        context.restart();
        while (!out) context.run_one();
        return std::move(*out);
    }
    settled settle(core::time_point deadline = core::never) {
        return run(quiet_connection::settle(std::move(ours), deadline));
    }

    void send(std::string_view bytes) {
        const auto data = asio::buffer(bytes.data(), bytes.size());
        if (peer_tls) {
            asio::write(*peer_tls, data);
        } else {
            asio::write(peer, data);
        }
    }
    std::string receive() {
        std::string out(4096, '\0');
        const auto room = asio::buffer(out);
        out.resize(peer_tls ? peer_tls->read_some(room) : peer.read_some(room));
        return out;
    }
    // Asks, and answers with `bytes`.
    client::answered ask(quiet_connection quiet, std::string_view bytes) {
        std::optional<client::answered> out;
        core::spawn(keep(quiet_connection::ask(std::move(quiet), "question", {}), out));
        CHECK(receive() == "question");
        send(bytes);
        context.restart();
        while (!out) context.run_one();
        return std::move(*out);
    }

    core::asio::io_context context{1};
    core::tcp_acceptor acceptor{context.get_executor(), {asio::ip::address_v4::loopback(), 0}};
    std::shared_ptr<asio::ssl::context> tls;
    std::shared_ptr<asio::ssl::context> peer_context;
    core::tcp_socket peer{context.get_executor()};
    std::optional<tls_stream> peer_tls;
    std::unique_ptr<connection> ours;
};

const core::error_code unasked = client::unasked_bytes();

}  // namespace

TEST_CASE_METHOD(peer_fixture, "a connection that is quiet is asked, and again after its answer") {
    // Over TLS 1.3 the peer has sent tickets, which are no data.
    open(GENERATE(transport::plain, transport::tls_1_2, transport::tls_1_3));
    for (int i = 0; i < 3; ++i) {
        auto quiet = settle();
        REQUIRE(quiet.has_value());
        auto got = ask(std::move(*quiet), good_answer());
        CHECK_FALSE(got.failure);
        CHECK(got.answer.head.result_int() == 200);
        ours = std::move(got.reusable);
        REQUIRE(ours);
    }
}

TEST_CASE_METHOD(peer_fixture,
                 "rule 30: a connection on which anything came before the request is not asked") {
    open(GENERATE(transport::plain, transport::tls_1_2, transport::tls_1_3));
    send(GENERATE(as<std::string>(), "H", good_answer()));
    CHECK(settle().error() == unasked);
}

TEST_CASE_METHOD(peer_fixture, "rule 30: what comes after an answer ends its connection") {
    open(GENERATE(transport::plain, transport::tls_1_2, transport::tls_1_3));
    auto got = ask(*settle(), good_answer());
    ours = std::move(got.reusable);
    REQUIRE(ours);
    send(GENERATE(as<std::string>(), "\n", good_answer()));
    CHECK(settle().error() == unasked);
}

TEST_CASE_METHOD(peer_fixture,
                 "rule 30: what the peer holds back until its answer is acknowledged comes in time") {
    open(GENERATE(transport::plain, transport::tls_1_2, transport::tls_1_3));
    std::optional<client::answered> got;
    core::spawn(keep(quiet_connection::ask(*settle(), "question", {}), got));
    CHECK(receive() == "question");
    send(good_answer());
    send(good_answer("gacct_evil"));
    context.restart();
    while (!got) context.run_one();
    ours = std::move(got->reusable);
    if (ours) CHECK(settle().error() == unasked);  // else both have come together
}

TEST_CASE_METHOD(peer_fixture, "a connection whose peer has gone is not asked") {
    open(GENERATE(transport::plain, transport::tls_1_2, transport::tls_1_3));
    SECTION("orderly") {
        if (peer_tls) {
            peer_tls->async_shutdown([](core::error_code) {});
            context.restart();
            context.poll();
        } else {
            peer.shutdown(core::tcp_socket::shutdown_send);
        }
        CHECK(settle().error() == asio::error::eof);
    }
    SECTION("by a reset") {
        peer.set_option(asio::socket_base::linger(true, 0));
        peer.close();
        CHECK(settle().has_error());
    }
}

TEST_CASE_METHOD(peer_fixture, "what is no TLS ends a connection that speaks it") {
    open(transport::tls_1_3);
    asio::write(peer, asio::buffer(std::string_view("HTTP/1.1 408 Too late\r\n\r\n")));
    CHECK(settle().has_error());
}

TEST_CASE_METHOD(peer_fixture, "rule 30: nothing is asked before the connection was quiet for a while") {
    auto before = core::clock::now();
    open(transport::plain);
    for (int i = 0; i < 2; ++i) {
        const auto when = ours->settles_at();
        CHECK(when >= before + client::quiet_time);
        auto quiet = settle();
        CHECK(core::clock::now() >= when);
        before = core::clock::now();
        ours = ask(std::move(*quiet), good_answer()).reusable;
        REQUIRE(ours);
    }
}

TEST_CASE_METHOD(peer_fixture,
                 "rule 30: after a record of TLS without data a connection has to settle again") {
    open(transport::tls_1_3);
    const auto when = ours->settles_at();
    REQUIRE(settle().has_value());  // the peer's tickets have come
    CHECK(core::clock::now() >= when + client::quiet_time);
}

TEST_CASE_METHOD(peer_fixture, "a connection that does not settle in time is not asked") {
    open(transport::plain);
    CHECK(settle(core::clock::now()).error() == asio::error::timed_out);
}

TEST_CASE_METHOD(peer_fixture,
                 "rule 30: an answer that begins before the whole request has arrived is none") {
    acceptor.set_option(asio::socket_base::receive_buffer_size(1));  // the least there is
    open(transport::plain);
    const std::string question(64 * 1024, 'q');
    std::optional<client::answered> out;
    core::spawn(keep(quiet_connection::ask(*settle(), question, {}), out));
    send(good_answer());
    context.restart();
    while (!out) context.run_one();
    CHECK(out->failure == unasked);
    CHECK_FALSE(out->any_byte);
    CHECK(out->reusable == nullptr);
}

TEST_CASE_METHOD(peer_fixture, "an early answer counts where it may refuse, and only as a refusal") {
    acceptor.set_option(asio::socket_base::receive_buffer_size(1));
    open(transport::plain);
    const std::string question(64 * 1024, 'q');
    const auto status = GENERATE(413, 503, 200, 302);
    std::optional<client::answered> out;
    core::spawn(keep(quiet_connection::ask(*settle(), question, {}, client::early_answers::may_refuse), out));
    send("HTTP/1.1 " + std::to_string(status) + " Early\r\nContent-Length: 2\r\n\r\nno");
    context.restart();
    while (!out) context.run_one();
    CHECK(out->reusable == nullptr);
    if (status >= 400) {
        CHECK_FALSE(out->failure);
        CHECK(out->answer.status() == status);
        CHECK(out->answer.body == "no");
    } else {
        CHECK(out->failure == unasked);
    }
}

TEST_CASE_METHOD(peer_fixture, "where it may refuse, an answer is read although the rest could not be sent") {
    acceptor.set_option(asio::socket_base::receive_buffer_size(1));
    open(transport::plain);
    const std::string question(16 * 1024 * 1024, 'q');
    std::optional<client::answered> out;
    core::spawn(keep(quiet_connection::ask(*settle(), question, {}, client::early_answers::may_refuse), out));
    send("HTTP/1.1 413 No\r\nContent-Length: 2\r\n\r\nno");
    peer.close();  // with bytes that nobody has read: a reset
    context.restart();
    while (!out) context.run_one();
    CHECK_FALSE(out->failure);
    CHECK(out->answer.status() == 413);
    CHECK(out->reusable == nullptr);
}
