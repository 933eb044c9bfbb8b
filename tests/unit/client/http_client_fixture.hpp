#pragma once
// A client that calls a scripted_server from the test's own thread.

#include "scripted_server.hpp"

#include <gate/client/http_client.hpp>

#include <catch.hpp>
#include <optional>

struct http_client_fixture {
    using outcome = gate::client::outcome;
    using failure = gate::client::failure;

    void connect_to(std::uint16_t port) {
        peer_url.port = port;
        subject.emplace(context.get_executor(), peer_url, tls, options);
    }

    static gate::core::task<> store(gate::core::task<outcome> work, std::optional<outcome>& out) {
        out = co_await std::move(work);
    }
    void begin(std::optional<outcome>& out, gate::core::duration patience = std::chrono::seconds(20)) {
        gate::core::spawn(store(subject->call(what, gate::core::clock::now() + patience, which), out));
    }
    // Runs until the call has ended; idle connections stay.
    void finish(std::optional<outcome>& out) {
        context.restart();
        while (!out && context.run_one() != 0) {
        }
        REQUIRE(out);
    }
    outcome call(gate::core::duration patience = std::chrono::seconds(20)) {
        std::optional<outcome> out;
        begin(out, patience);
        finish(out);
        return std::move(*out);
    }

    gate::core::asio::io_context context{1};
    gate::config::url peer_url{false, "127.0.0.1", 0, ""};
    gate::client::request what;
    gate::client::connection_choice which = gate::client::connection_choice::any;
    std::shared_ptr<boost::asio::ssl::context> tls;
    gate::client::client_options options;
    std::optional<gate::client::http_client> subject;
};
