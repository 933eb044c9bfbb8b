// Peers that cut, split and flood.
#include "tls_pair.hpp"

#include <array>
#include <catch.hpp>
#include <string>

using namespace gate;
using namespace std::chrono_literals;
using net::handshake_result;

namespace {

struct served : test::tls_pair {
    explicit served(int version = TLS1_3_VERSION) {
        auto context = test::trusting_peer();
        SSL_CTX_set_max_proto_version(context.get(), version);
        REQUIRE(accept(test::make_server(test::server_material()), std::move(context)) ==
                handshake_result::ok);
        run_until([&] { return peer->has_sent_all(); });
        std::string none;
        REQUIRE(read(none).would_block());
    }
    void run_until_sent() {
        run_until([&] { return peer->has_sent_all(); });
    }
};

// Counts what looks like news, as the pool of idle connections does.
struct watcher {
    net::stream& seen;
    int events = 0;
    int told = 0;

    void watch() { seen.watch(&watcher::on_event, this); }
    static void on_event(void* self, net::wait_status) {
        auto& it = *static_cast<watcher*>(self);
        ++it.events;
        const auto state = it.seen.peek();
        if (state.has_data || state.gone) {
            ++it.told;
        } else {
            it.watch();
        }
    }
};

}  // namespace

TEST_CASE("TLS: records without data are no news for a connection that is watched") {
    test::tls_pair tls;
    const auto kind = GENERATE("key update", "key update that wants another", "ticket");
    INFO(kind);
    const bool is_ticket = kind == std::string_view("ticket");
    if (is_ticket) {
        REQUIRE(tls.connect(test::trusting_client(), test::known_server_peer()) == handshake_result::ok);
    } else {
        REQUIRE(tls.accept(test::make_server(test::server_material()), test::trusting_peer()) ==
                handshake_result::ok);
    }
    tls.run_until([&] { return tls.peer->is_done() && tls.peer->has_sent_all(); });
    std::string none;
    REQUIRE(tls.read(none).would_block());
    watcher watching{tls.ours()};
    watching.watch();
    tls.on.context.poll();
    const int before = watching.events;
    if (is_ticket) {
        REQUIRE(SSL_new_session_ticket(tls.peer->ssl()) == 1);
        REQUIRE(SSL_do_handshake(tls.peer->ssl()) == 1);
    } else {
        tls.peer->send_key_update(kind == std::string_view("key update that wants another"));
    }
    tls.run_until([&] { return watching.events > before && tls.peer->has_sent_all(); });
    CHECK(watching.told == 0);
    CHECK_FALSE(tls.ours().may_have_more());
    CHECK_FALSE(tls.ours().peek().has_data);
    tls.peer->send("news");
    tls.run_until([&] { return watching.told == 1; });
    CHECK(tls.read_all(4) == "news");
    tls.write_all("answer");
    tls.run_until([&] { return tls.peer->received() == "answer"; });
}

TEST_CASE("rule 30: TLS: the beginning of a record is news for a connection that is watched") {
    served tls;
    watcher watching{tls.ours()};
    watching.watch();
    tls.peer->segment = 0;
    tls.peer->send("never asked for");
    tls.peer->work();
    const auto begins = GENERATE(1U, 5U, 6U, 20U);
    CAPTURE(begins);
    tls.pair.send(std::string_view(tls.peer->to_wire).substr(0, begins));
    tls.on.run_until([&] { return watching.told == 1; });
    CHECK(tls.ours().detach().descriptor() < 0);
}

TEST_CASE("rule 30: TLS: the beginning of a record behind one that was read is not forgotten") {
    served tls;
    tls.peer->segment = 0;
    tls.peer->send_records("answermore", 6);
    tls.run_until([&] { return tls.peer->to_wire.size() > 22 + 6 + 22; });
    const auto begins = GENERATE(1U, 5U, 6U, 20U);
    CAPTURE(begins);
    tls.pair.send(std::string_view(tls.peer->to_wire).substr(0, 22 + 6 + begins));
    CHECK(tls.read_all(6) == "answer");
    std::string rest;
    CHECK(tls.read(rest).would_block());
    CHECK(tls.ours().may_have_more());
    CHECK(tls.ours().peek().has_data);
}

TEST_CASE("TLS: the end of a connection that is watched is news") {
    served tls;
    watcher watching{tls.ours()};
    watching.watch();
    const bool with_notify = GENERATE(true, false);
    CAPTURE(with_notify);
    if (with_notify) {
        tls.peer->send_close_notify();
    } else {
        tls.peer->send_fin();
    }
    tls.run_until([&] { return watching.told == 1; });
}

TEST_CASE("TLS: the records of a handshake and of data may come byte by byte") {
    test::tls_pair tls;
    tls.begin_accept(test::make_server(test::server_material()), test::trusting_peer());
    tls.peer->segment = 1;
    const auto step = [&] {
        for (int i = 0; i < 50; ++i) {
            tls.peer->work();
            tls.on.context.poll();
            tls.on.context.restart();
        }
    };
    tls.run_until([&] {
        step();
        return tls.peer->is_done() && tls.result.has_value();
    });
    REQUIRE(tls.result == handshake_result::ok);
    tls.peer->send("byte by byte");
    std::string out;
    tls.run_until([&] {
        tls.read(out);
        step();
        return out == "byte by byte";
    });
}

TEST_CASE("TLS: records of one byte are data like others") {
    served tls;
    const std::string data(2'000, 'x');
    tls.peer->send_records(data, 1);
    CHECK(tls.read_all(data.size()) == data);
}

TEST_CASE("TLS: a large record that is cut anywhere is no data, and no end") {
    served tls;
    const std::string data = std::string(16'384, 'a') + std::string(16'384, 'b');
    const auto cut_at =
        GENERATE(0U, 1U, 4U, 5U, 6U, 100U, 16'405U, 16'406U, 16'407U, 16'411U, 32'000U, 32'811U);
    CAPTURE(cut_at);
    tls.peer->bytes_until_cut = cut_at;
    tls.peer->send(data);
    std::string out;
    const auto end = tls.read_end(out);
    CHECK(out.size() == (cut_at >= 16'406 ? 16'384U : 0U));
    CHECK_FALSE(end.eof);
    CHECK(end.error == ECONNRESET);
}

TEST_CASE("TLS: a record that has been changed ends the connection") {
    served tls;
    tls.peer->send_records("question", 8);
    tls.peer->to_wire.back() ^= 1;
    std::string out;
    const auto end = tls.read_end(out);
    CHECK(out.empty());
    CHECK(end.error == EPROTO);
    CHECK(tls.ours().try_write("answer").error == EPROTO);
    CHECK(tls.ours().peek().gone);
    tls.pair.ours.reset();
    tls.run_until([&] { return tls.peer->has_failed(); });
    CHECK(tls.peer->failure().find("bad record mac") != std::string::npos);
    CHECK_FALSE(tls.peer->has_ended());
}

TEST_CASE("TLS: a flood of key updates ends the connection") {
    served tls;
    const bool with_data = GENERATE(false, true);
    CAPTURE(with_data);
    for (int i = 0; i < 200; ++i) {
        tls.peer->send_key_update(false);
        if (with_data) tls.peer->send_records("x", 1);
    }
    std::string out;
    const auto end = tls.read_end(out);
    CHECK(end.error == EPROTO);
    CHECK(out.size() < 100);
    CHECK(tls.ours().try_write("answer").error == EPROTO);
}

TEST_CASE("TLS: a flood of key updates ends a connection that is only watched") {
    served tls;
    watcher watching{tls.ours()};
    watching.watch();
    for (int i = 0; i < 200; ++i) tls.peer->send_key_update(true);
    tls.run_until([&] { return watching.told == 1; });
    CHECK(tls.ours().peek().gone);
}

TEST_CASE("TLS: some key updates are no flood") {
    served tls;
    for (int i = 0; i < 10; ++i) {
        tls.peer->send_key_update(true);
        tls.peer->send_records("x", 1);
    }
    CHECK(tls.read_all(10) == std::string(10, 'x'));
    tls.write_all("answer");
    tls.run_until([&] { return tls.peer->received() == "answer"; });
}

TEST_CASE("TLS 1.2: nobody renegotiates") {
    served tls(TLS1_2_VERSION);
    REQUIRE(tls.facts().version == "1.2");
    REQUIRE(SSL_renegotiate(tls.peer->ssl()) == 1);
    SSL_do_handshake(tls.peer->ssl());
    std::string out;
    tls.run_until([&] {
        tls.read(out);
        return tls.peer->has_failed();
    });
    CHECK(tls.peer->failure().find("no renegotiation") != std::string::npos);
    CHECK(SSL_session_reused(tls.peer->ssl()) == 0);
}

TEST_CASE("TLS: reading and writing do not wait for each other") {
    served tls;
    tls.peer->stop_reading();
    const std::string data(100'000, 'd');
    while (!tls.ours().try_write(data).would_block()) {
    }
    tls.peer->send("question");
    CHECK(tls.read_all(8) == "question");
    tls.peer->send_key_update(true);
    tls.peer->send("another");
    CHECK(tls.read_all(7) == "another");
}
