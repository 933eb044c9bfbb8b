// A store that lies: whatever it says, nobody may ask Gate on its word alone, and nothing is taken for an
// answer that is none (rules 24 and 30).
#include "lying_store.hpp"
#include "replica.hpp"

#include <gate/store/link.hpp>
#include <gate/store/log_reader.hpp>

#include <boost/asio/post.hpp>

#include <catch.hpp>

namespace {

using namespace gate;
using namespace gate::test;
using namespace std::string_literals;
using kind = auth::fleet_turn::kind;

const std::string beat = "*3\r\n$16\r\n1800000000123456\r\n:1\r\n:1\r\n";
const std::string go = "*2\r\n$2\r\ngo\r\n$16\r\n1800000000123456\r\n";

bool asks_for(std::string_view request, std::string_view word) {
    return request.find(word) != std::string_view::npos;
}

TEST_CASE("bytes that come before the first question make the connection useless") {
    for (const std::string& greeting :
         {beat, std::string("+OK\r\n"), std::string("*3\r\n"), std::string("$5"),
          std::string("-ERR max number of clients reached\r\n")}) {
        INFO(greeting);
        lying_store store(greeting, [](std::string_view) { return beat; });
        replica a(options_for("unix:" + store.socket()));
        a.until([&] { return store.connections() >= 2; });
        CHECK(a.begin(token_named("agt_1")).step == kind::away);
    }
}

TEST_CASE("a store that answers to the probe with something else is away") {
    lying_store store({}, [](std::string_view) { return "+OK\r\n"s; });
    replica a(options_for("unix:" + store.socket()));
    a.until([&] { return store.connections() >= 2; });
    CHECK_FALSE(a.log.stats().is_connected);
}

TEST_CASE("an answer that nobody has asked for is the answer to nothing") {
    std::atomic<int> probes{0};  // of connections for commands
    lying_store store({}, [&](std::string_view request) {
        if (asks_for(request, "EVAL\r\n")) ++probes;
        return beat + go;
    });
    replica a(options_for("unix:" + store.socket()));
    a.until([&] { return probes >= 3; });
    for (int i = 0; i < 20; ++i) CHECK(a.begin(token_named("agt_1")).step != kind::go);
}

TEST_CASE("a lock whose reply was spoilt is given back on the next connection") {
    std::atomic<int> given_back{0};
    lying_store store({}, [&](std::string_view request) {
        if (asks_for(request, store::begin_script().sha1)) return "%1\r\n"s;
        if (!asks_for(request, store::release_script().sha1)) return beat;
        ++given_back;
        return "*1\r\n$0\r\n\r\n"s;
    });
    replica a(options_for("unix:" + store.socket()));
    a.until([&] { return a.log.stats().is_connected; });
    // The next connection is made immediately only where this one is older than a second.
    const auto later = core::clock::now() + std::chrono::milliseconds(1'100);
    a.until([&] { return core::clock::now() > later && a.log.stats().is_connected; });
    CHECK(a.begin(token_named("agt_1")).step == kind::away);
    a.until([&] { return given_back == 1; });
}

TEST_CASE("what is no RESP, or absurd, ends the connection") {
    for (const std::string& answer :
         {std::string("HTTP/1.1 400 Bad Request\r\n\r\n"), std::string("*2147483647\r\n"),
          std::string("%1\r\n"), "$" + std::string(600, '1'),
          std::string("*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n"), std::string("$-5\r\n"),
          std::string(1, '\0')}) {
        INFO(answer.substr(0, 40));
        lying_store store({}, [&](std::string_view) { return answer; });
        replica a(options_for("unix:" + store.socket()));
        a.until([&] { return store.connections() >= 2; });
        CHECK_FALSE(a.log.stats().is_connected);
    }
}

core::task<> receive(store::link& from, core::time_point until, std::optional<store::fault>& into) {
    const auto got = co_await from.receive(until);
    into = got.failure;
}

TEST_CASE("a reply that never ends is late, and leaves the thread to others") {
    loop here;
    connection both(here);
    const auto begun = core::clock::now();
    std::thread flood([&] {
        std::string piece = "*1099511627776\r\n";
        core::error_code ec;
        while (!ec && core::clock::now() - begun < std::chrono::seconds(4)) {
            boost::asio::write(both.peer, boost::asio::buffer(piece), ec);
            if (piece.size() < 100) piece.clear();
            while (piece.size() < 1 << 20U) piece += ":1\r\n";
        }
    });
    store::link link(std::move(both.ours), {});
    std::optional<store::fault> why;
    unsigned turns = 0;
    std::function<void()> turn = [&] {
        ++turns;
        if (!why) boost::asio::post(here.context, turn);
    };
    turn();
    core::spawn(receive(link, begun + std::chrono::milliseconds(500), why));
    here.run_until([&] { return why.has_value(); });
    const auto lasted = core::clock::now() - begun;
    link.cut();
    flood.join();
    CHECK(*why == store::fault::late);
    CHECK(lasted < std::chrono::seconds(3));
    CHECK(turns > 10);
}

TEST_CASE("a store that answers with something else than the question is rejected") {
    lying_store store({}, [](std::string_view request) {
        if (asks_for(request, "EVAL\r\n")) return beat;
        if (asks_for(request, "EVALSHA"))
            return std::string("*2\r\n$5\r\nallow\r\n$16\r\n1800000000123456\r\n");
        if (asks_for(request, "HSCAN")) return std::string("*2\r\n$1\r\n7\r\n*2\r\n$1\r\na\r\n$1\r\nb\r\n");
        if (asks_for(request, "XINFO")) return std::string("*2\r\n$17\r\nlast-generated-id\r\n$3\r\n9-9\r\n");
        return std::string("*1\r\n*2\r\n$3\r\nkey\r\n*1\r\n*2\r\n$3\r\n0-0\r\n*2\r\n$1\r\nm\r\n$1\r\nx\r\n");
    });
    replica a(options_for("unix:" + store.socket()));
    a.until([&] { return a.log.stats().is_connected; });
    CHECK(a.begin(token_named("agt_1")).step == kind::away);
    a.until([&] { return a.listener.rejections(auth::fleet_defect::reply) >= 2; });
    CHECK(a.listener.messages().empty());
    CHECK_FALSE(a.listener.has_caught_up());
}

TEST_CASE("blocks that could not be read are read again") {
    std::atomic<int> refusals{2};
    lying_store store({}, [&](std::string_view request) {
        if (asks_for(request, "EVAL\r\n")) return beat;
        if (asks_for(request, "HSCAN"))
            return refusals-- > 0 ? "-ERR not now\r\n"s : "*2\r\n$1\r\n0\r\n*0\r\n"s;
        if (asks_for(request, "XINFO")) return "-ERR no such key\r\n"s;
        return "*-1\r\n"s;
    });
    replica a(options_for("unix:" + store.socket()));
    a.until([&] { return a.listener.has_caught_up(); });
    CHECK(refusals < 0);
}

TEST_CASE("a store that does not wait with an empty answer is not asked without pause") {
    std::atomic<int> reads{0};
    lying_store store({}, [&](std::string_view request) {
        if (asks_for(request, "EVAL\r\n")) return beat;
        if (asks_for(request, "HSCAN")) return "*2\r\n$1\r\n0\r\n*0\r\n"s;
        if (asks_for(request, "XINFO")) return "-ERR no such key\r\n"s;
        ++reads;
        return "*-1\r\n"s;
    });
    const auto begun = core::clock::now();
    replica a(options_for("unix:" + store.socket()));
    a.until([&] { return reads > 100; });
    const auto asked = reads.load();
    const auto lasted = core::clock::now() - begun;
    INFO(asked << " reads in " << std::chrono::duration<double>(lasted).count() << " s");
    // The first two come without a pause.
    CHECK(asked <= 3 + lasted / store::log_reader::pace);
}

TEST_CASE("an idle replica asks its store at most ten times a second") {
    if (!has_redis_server()) return;
    redis_server server;
    replica a(options_for(server));
    a.until_there();
    const auto commands = [&] {
        const auto all = server({"INFO", "stats"}).text;
        const std::string_view name = "total_commands_processed:";
        return std::stol(all.substr(all.find(name) + name.size()));
    };
    // From one beat to the next but one: what it does rarely counts too.
    const auto begun = core::clock::now();
    const auto before = commands();
    a.until([&] { return core::clock::now() - begun > std::chrono::seconds(6); });
    const std::chrono::duration<double> lasted = core::clock::now() - begun;
    const auto asked = commands() - before - 1;  // INFO
    INFO(asked << " commands in " << lasted.count() << " s");
    CHECK(static_cast<double>(asked) <= 10 * lasted.count());
    CHECK(asked > 0);
}

}  // namespace
