#include <gate/app/refusals.hpp>

#include <catch.hpp>
#include <loop.hpp>
#include <string>
#include <utility>
#include <vector>

using namespace gate;
using app::refusals;

namespace {

struct clients : test::loop {
    net::buffer_pool blocks{64 * 1024, 1};
    http::request_id_source ids;
    http::date_text date;
    refusals subject{wheel, blocks, ids, date};
    core::tcp_acceptor acceptor{context.get_executor(), {boost::asio::ip::address_v4::loopback(), 0}};
    std::vector<core::tcp_socket> connected;

    void connect_and_refuse() {
        connected.emplace_back(context.get_executor());
        connected.back().connect(acceptor.local_endpoint());
        auto accepted = acceptor.accept();
        accepted.non_blocking(true);
        subject.refuse(std::move(accepted));
    }
};

std::string received(core::tcp_socket& from) {
    std::string out(4096, '\0');
    out.resize(from.read_some(boost::asio::buffer(out)));
    return out;
}

}  // namespace

TEST_CASE_METHOD(clients, "a client that finds no room is told so, and counted until it has gone") {
    connect_and_refuse();
    const auto said = received(connected.front());
    CHECK(said.starts_with("HTTP/1.1 503 "));
    CHECK(said.find("Connection: close\r\n") != std::string::npos);
    CHECK(said.find("too_many_connections") != std::string::npos);
    CHECK(subject.under_way() == 1);
    connected.front().close();
    run_until([&] { return subject.under_way() == 0; });
}

TEST_CASE_METHOD(clients, "a client that stays is left alone after a moment") {
    connect_and_refuse();
    run_until([&] { return subject.under_way() == 0; });
}

TEST_CASE_METHOD(clients, "of many clients that find no room, no more are waited for than the limit says") {
    for (std::size_t i = 0; i < refusals::max_under_way + 5; ++i) connect_and_refuse();
    CHECK(subject.under_way() == refusals::max_under_way);
    for (std::size_t i = 0; i < refusals::max_under_way; ++i)
        CHECK(received(connected[i]).starts_with("HTTP/1.1 503 "));
    run_until([&] { return subject.under_way() == 0; });
}
