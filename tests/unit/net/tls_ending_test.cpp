// How connections of TLS end (rule 26): a close_notify says that what came is the whole.
#include "tls_pair.hpp"

#include <array>
#include <catch.hpp>
#include <string>

using namespace gate;
using net::handshake_result;

namespace {

struct served : test::tls_pair {
    served() {
        REQUIRE(accept(test::make_server(test::server_material()), test::trusting_peer()) ==
                handshake_result::ok);
        run_until([&] { return peer->has_sent_all(); });
    }

    // Until the socket takes nothing more.
    void fill() {
        peer->stop_reading();
        const std::string data(100'000, 'd');
        while (!ours().try_write(data).would_block()) {
        }
    }
    void run_until_end() {
        peer->stop_reading(false);
        run_until([&] { return peer->has_seen_fin(); });
    }
};

}  // namespace

TEST_CASE("TLS: a client's close_notify is its end, and it still gets its answer") {
    served tls;
    tls.peer->send("question");
    const bool with_fin = GENERATE(false, true);
    CAPTURE(with_fin);
    tls.run_until([&] { return tls.peer->has_sent_all(); });
    tls.peer->send_close_notify();
    tls.run_until([&] { return tls.peer->has_sent_all(); });
    if (with_fin) tls.peer->send_fin();
    std::string out;
    const auto end = tls.read_end(out);
    CHECK(out == "question");
    CHECK((end.eof && end.error == 0));
    CHECK(tls.ours().peek().ended);
    CHECK_FALSE(tls.ours().peek().gone);
    tls.write_all("answer");
    tls.run_until([&] { return tls.peer->received() == "answer"; });
}

TEST_CASE("TLS: an end without a close_notify is an error") {
    served tls;
    const bool with_data = GENERATE(false, true);
    CAPTURE(with_data);
    if (with_data) tls.peer->send("question");
    tls.run_until([&] { return tls.peer->has_sent_all(); });
    tls.peer->send_fin();
    std::string out;
    const auto end = tls.read_end(out);
    CHECK(out == (with_data ? "question" : ""));
    CHECK((!end.eof && end.error == ECONNRESET));
    CHECK(tls.ours().peek().has_data);
    CHECK(tls.ours().peek().ended);
    tls.write_all("answer");
    tls.run_until([&] { return tls.peer->received() == "answer"; });
}

TEST_CASE("TLS: the end of sending is a close_notify, and reading goes on") {
    served tls;
    tls.write_all("all");
    tls.ours().shutdown_send();
    tls.run_until([&] { return tls.peer->has_seen_fin(); });
    CHECK(tls.peer->has_ended());
    CHECK_FALSE(tls.peer->is_cut());
    CHECK(tls.peer->received() == "all");
    tls.peer->send_records("more", 4);
    CHECK(tls.read_all(4) == "more");
    tls.ours().shutdown_send();  // once is enough
}

TEST_CASE("TLS: a connection that is closed in order ends with a close_notify") {
    served tls;
    tls.write_all("all");
    tls.pair.ours.reset();
    tls.run_until_end();
    CHECK(tls.peer->has_ended());
    CHECK(tls.peer->received() == "all");
}

TEST_CASE("rule 26: a TLS connection that is cut ends without a close_notify") {
    served tls;
    tls.write_all("part");
    SECTION("immediately") {
        tls.ours().cut();
        tls.ours().shutdown_send();
        std::array<char, 8> buffer;
        CHECK(tls.ours().try_read(buffer).was_cut());
        CHECK(tls.ours().try_write("x").was_cut());
    }
    SECTION("when it is closed") {
        tls.ours().abort_on_close();
    }
    tls.pair.ours.reset();
    tls.run_until_end();
    CHECK(tls.peer->is_cut());
    CHECK_FALSE(tls.peer->has_ended());
}

TEST_CASE("rule 26: what has been written in part ends without a close_notify") {
    served tls;
    tls.fill();
    SECTION("when it is closed") {
        tls.pair.ours.reset();
    }
    SECTION("when sending ends") {
        tls.ours().shutdown_send();
    }
    tls.run_until_end();
    CHECK(tls.peer->is_cut());
    CHECK_FALSE(tls.peer->has_ended());
}

TEST_CASE("TLS: a large answer is whole before the close_notify that ends it") {
    served tls;
    const std::string data(2'000'000, 'd');
    tls.write_all(data);
    tls.pair.ours.reset();
    tls.run_until_end();
    CHECK(tls.peer->received().size() == data.size());
    CHECK(tls.peer->has_ended());
}
