// What the users of a stream rely on holds with TLS too.
#include "tls_pair.hpp"

#include <array>
#include <catch.hpp>
#include <string>
#include <thread>
#include <vector>

#include <malloc.h>
#include <sys/ioctl.h>

using namespace gate;
using namespace std::chrono_literals;
using net::handshake_result;

namespace {

struct served : test::tls_pair {
    served() {
        REQUIRE(accept(test::make_server(test::server_material()), test::trusting_peer()) ==
                handshake_result::ok);
        run_until([&] { return peer->has_sent_all(); });
    }
};

// How many records there are in `ciphertext`.
std::size_t records_in(std::string_view ciphertext) {
    std::size_t out = 0;
    while (ciphertext.size() >= 5) {
        const auto size = static_cast<std::size_t>(static_cast<unsigned char>(ciphertext[3])) << 8U |
                          static_cast<unsigned char>(ciphertext[4]);
        ciphertext.remove_prefix(std::min(ciphertext.size(), 5 + size));
        ++out;
    }
    return out;
}

core::task<> write_slowly(net::stream& to, std::string_view data, bool& done) {
    while (!data.empty()) {
        const auto put = to.try_write(data);
        if (put.would_block()) {
            if (co_await to.writable() != net::wait_status::ready) co_return;
            continue;
        }
        if (!put.ok()) co_return;
        data.remove_prefix(put.bytes);
    }
    done = true;
}

std::string numbers(std::size_t size) {
    std::string out;
    for (std::size_t i = 0; out.size() < size; ++i) out += std::to_string(i) + ' ';
    out.resize(size);
    return out;
}

}  // namespace

TEST_CASE("a server and a client agree on TLS 1.3 and exchange data") {
    test::tls_pair tls;
    SECTION("as a server") {
        REQUIRE(tls.accept(test::make_server(test::server_material()), test::trusting_peer()) ==
                handshake_result::ok);
        CHECK(tls.facts().server_name == "app.test");
    }
    SECTION("as a client") {
        REQUIRE(tls.connect(test::trusting_client(), test::known_server_peer()) == handshake_result::ok);
    }
    CHECK(tls.facts().version == "1.3");
    CHECK(tls.facts().cipher.starts_with("TLS_AES_"));
    CHECK_FALSE(tls.facts().resumed);
    tls.peer->send("hello");
    CHECK(tls.read_all(5) == "hello");
    tls.write_all("world");
    tls.run_until([&] { return tls.peer->received() == "world"; });
}

TEST_CASE("rule 21: TLS: what a read without an event has left over is not forgotten") {
    served tls;
    std::array<char, 4> part{};
    REQUIRE(tls.ours().try_read(part).would_block());
    REQUIRE_FALSE(tls.ours().may_have_more());
    tls.peer->send("0123456789");
    net::io_result got;
    tls.run_until([&] { return (got = tls.ours().try_read(part)).ok(); });
    CHECK(got.bytes == 4);
    CHECK(tls.ours().may_have_more());
}

TEST_CASE("TLS: what has been decrypted and not been read is still to be read") {
    served tls;
    tls.peer->send("0123456789");
    std::array<char, 4> part{};
    net::io_result got;
    tls.run_until([&] { return (got = tls.ours().try_read(part)).ok(); });
    CHECK(got.bytes == 4);
    CHECK(tls.ours().may_have_more());
    CHECK(tls.ours().peek().has_data);
    CHECK(tls.ours().try_read(part).bytes == 4);
    CHECK(tls.ours().may_have_more());
    CHECK(tls.ours().try_read(part).bytes == 2);
    CHECK_FALSE(tls.ours().peek().has_data);
    CHECK(tls.ours().try_read(part).would_block());
    CHECK_FALSE(tls.ours().may_have_more());
}

TEST_CASE("TLS: records that came together are read together") {
    served tls;
    tls.peer->send_records("abcdefgh", 1);
    std::string out;
    net::io_result got;
    tls.run_until([&] { return (got = tls.read(out)).ok(); });
    CHECK(out == "abcdefgh");
    if (net::readiness::reports_edges) CHECK_FALSE(tls.ours().may_have_more());
}

TEST_CASE("TLS: a large read takes all that has come") {
    served tls;
    core::error_code ec;
    tls.ours().socket().set_option(boost::asio::socket_base::receive_buffer_size(400'000), ec);
    const auto sent = numbers(220'000);  // more than one block of ciphertext
    tls.peer->send(sent);
    const auto waiting = [&tls] {
        int bytes = 0;
        ::ioctl(tls.ours().socket().native_handle(), FIONREAD, &bytes);
        return bytes;
    };
    std::string into(256 * 1024, ' ');
    int here = 0;
    tls.run_until([&] { return (here = waiting()) > 110'000; });
    const auto got = tls.ours().try_read(into);
    CHECK(got.ok());
    CHECK(got.bytes > 90'000);  // no part of a record
    std::string all = into.substr(0, got.bytes);
    all += tls.read_all(sent.size() - got.bytes);
    CHECK(all == sent);
}

TEST_CASE("TLS: whoever wants to read is told of what waits inside without an event") {
    served tls;
    tls.peer->send("0123456789");
    std::array<char, 4> part{};
    tls.run_until([&] { return tls.ours().try_read(part).ok(); });
    bool called = false;
    CHECK_FALSE(tls.ours().begin_wait(
        net::direction::read, [](void* flag, net::wait_status) { *static_cast<bool*>(flag) = true; }, &called,
        core::never));
    CHECK(tls.ours().readable().await_ready());
}

TEST_CASE("TLS: a head and a small body are one record, and one segment") {
    served tls;
    tls.peer->from_wire.clear();
    std::string head = "HTTP/1.1 200 OK\r\n\r\n";
    std::string body = "small";
    const std::array<iovec, 2> pieces{{{head.data(), head.size()}, {body.data(), body.size()}}};
    CHECK(tls.ours().try_write(pieces).bytes == head.size() + body.size());
    tls.run_until([&] { return tls.peer->received() == head + body; });
    CHECK(records_in(tls.peer->from_wire) == 1);
}

TEST_CASE("TLS: pieces of any sizes arrive in their order") {
    served tls;
    const auto text = numbers(200'000);
    const auto first = GENERATE(1U, 16'383U, 16'384U, 16'385U, 40'000U);
    const auto second = GENERATE(0U, 1U, 5U, 16'384U);
    std::array<iovec, 3> pieces{};
    auto* at = const_cast<char*>(text.data());
    pieces[0] = {at, first};
    pieces[1] = {at + first, second};
    pieces[2] = {at + first + second, text.size() - first - second};
    const auto put = tls.ours().try_write(pieces);
    REQUIRE(put.ok());
    tls.write_all(std::string_view(text).substr(put.bytes));
    tls.run_until([&] { return tls.peer->received().size() >= text.size(); });
    CHECK(tls.peer->received() == text);
}

TEST_CASE("TLS: a writer waits for a slow reader and loses nothing") {
    served tls;
    const auto data = numbers(8 * 1024 * 1024);
    bool done = false;
    tls.peer->stop_reading();
    core::spawn(write_slowly(tls.ours(), data, done));
    tls.on.context.poll();
    REQUIRE_FALSE(done);
    tls.peer->stop_reading(false);
    tls.run_until([&] { return tls.peer->received().size() >= data.size(); });
    CHECK(tls.peer->received() == data);
    tls.run_until([&] { return done; });
}

TEST_CASE("TLS: a write is done only when the socket has all of it") {
    served tls;
    tls.peer->stop_reading();
    const std::string data(10'000, 'd');
    std::size_t put = 0;
    std::size_t last = data.size();
    while (last == data.size()) {
        last = tls.ours().try_write(data).bytes;
        put += last;
    }
    REQUIRE(tls.ours().must_repeat());
    CHECK(tls.ours().try_write("d").would_block());
    tls.peer->stop_reading(false);
    tls.write_all("d");  // it has gone already
    CHECK_FALSE(tls.ours().must_repeat());
    tls.run_until([&] { return tls.peer->received().size() == put + 1; });
}

TEST_CASE("TLS: a peer that asks for small records gets them") {
    test::tls_pair tls;
    auto context = test::trusting_peer();
    SSL_CTX_set_tlsext_max_fragment_length(context.get(), TLSEXT_max_fragment_length_512);
    REQUIRE(tls.accept(test::make_server(test::server_material()), std::move(context)) ==
            handshake_result::ok);
    tls.peer->from_wire.clear();
    const auto data = numbers(10'000);
    tls.write_all(data);
    tls.run_until([&] { return tls.peer->received() == data; });
    CHECK(records_in(tls.peer->from_wire) >= 20);
}

TEST_CASE("TLS: a connection goes on with another event loop") {
    served tls;
    tls.peer->send("before");
    REQUIRE(tls.read_all(6) == "before");
    auto moved = tls.ours().detach();
    REQUIRE(moved.descriptor() >= 0);
    tls.pair.ours.reset();
    std::string out;
    bool has_answered = false;
    tls.peer->send("after");
    std::thread other([&] {
        test::loop second;
        auto again = net::stream::attach(std::move(moved), second.context.get_executor(), second.wheel);
        second.run_until([&] {
            tls.peer->work();
            std::array<char, 64> buffer;
            const auto got = again->try_read(buffer);
            out.append(buffer.data(), got.bytes);
            return got.ok();
        });
        has_answered = again->try_write("answer").bytes == 6;
    });
    other.join();
    CHECK(out == "after");
    CHECK(has_answered);
    tls.run_until([&] { return tls.peer->has_ended(); });
    CHECK(tls.peer->received() == "answer");
}

TEST_CASE("TLS: a connection with bytes that are not dealt with stays where it is") {
    served tls;
    tls.peer->send("0123456789");
    std::array<char, 4> part{};
    tls.run_until([&] { return tls.ours().try_read(part).ok(); });
    CHECK(tls.ours().detach().descriptor() < 0);
}

TEST_CASE("TLS: an idle connection holds less than 20 KB") {
    if (!core::recycles_memory) return;  // sanitizers have a heap of their own
    constexpr std::size_t count = 50;
    const auto server = test::make_server(test::server_material());
    std::vector<std::unique_ptr<test::tls_pair>> pairs;
    for (std::size_t i = 0; i < count; ++i) {
        auto& tls = *pairs.emplace_back(std::make_unique<test::tls_pair>());
        REQUIRE(tls.accept(server, test::trusting_peer()) == handshake_result::ok);
        tls.peer->send("question");
        REQUIRE(tls.read_all(8) == "question");
        tls.write_all("answer");
        tls.run_until([&] { return tls.peer->received() == "answer"; });
        std::string none;
        REQUIRE(tls.read(none).would_block());
    }
    const auto before = ::mallinfo2().uordblks;
    for (auto& tls : pairs) tls->pair.ours.reset();
    const auto each = (before - ::mallinfo2().uordblks) / count;
    CAPTURE(each);
    CHECK(each < 20 * 1024);
}
