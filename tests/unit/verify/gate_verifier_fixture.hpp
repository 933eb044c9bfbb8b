#pragma once
// A verifier that calls a scripted_server from the test's own thread.

#include "scripted_server.hpp"

#include <gate/verify/gate_verifier.hpp>

#include <catch.hpp>
#include <optional>
#include <vector>

struct gate_verifier_fixture {
    using verification = gate::auth::verification;

    gate_verifier_fixture() { gate.base_url = {false, "127.0.0.1", 0, ""}; }

    void connect_to(std::uint16_t port) {
        gate.base_url.port = port;
        keys.emplace(
            gate::core::secret_string(key), [this](gate::verify::key_event what) { told.push_back(what); },
            read_again);
        subject.emplace(context.get_executor(), gate, *keys, tls, options);
    }

    static gate::core::task<> store(gate::core::task<verification> work, std::optional<verification>& out) {
        out = co_await std::move(work);
    }
    void begin(std::optional<verification>& out, gate::core::duration patience = std::chrono::seconds(20)) {
        gate::core::secret_string token("agt_token");
        gate::core::spawn(store(subject->verify(std::move(token), gate::core::clock::now() + patience), out));
    }
    // Runs until the call has ended; idle connections stay.
    verification verify(gate::core::duration patience = std::chrono::seconds(20)) {
        std::optional<verification> out;
        begin(out, patience);
        context.restart();
        while (!out && context.run_one() != 0) {
        }
        REQUIRE(out);
        return *out;
    }

    gate::core::asio::io_context context{1};
    gate::config::gate_options gate;
    std::string key = "sk_test_secret";
    gate::verify::key_ring::reader read_again;
    std::optional<gate::verify::key_ring> keys;  // made of `key` and `read_again` by connect_to()
    std::vector<gate::verify::key_event> told;   // by `keys`
    std::shared_ptr<boost::asio::ssl::context> tls;
    gate::verify::verifier_options options;
    std::optional<gate::verify::gate_verifier> subject;
};
