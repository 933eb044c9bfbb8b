#pragma once
// One exchange between a client and an upstream that the test plays: no socket, no Gate.

#include "scripted_inbound.hpp"
#include "scripted_outbound.hpp"

#include <gate/proxy/exchange.hpp>
#include <gate/telemetry/metrics.hpp>

#include <cassert>
#include <memory>
#include <string>

namespace gate::test {

class no_gate final : public auth::token_verifier {
public:
    core::task<auth::verification> verify(core::secret_string, core::time_point, auth::attempt) override {
        co_return auth::verification{};
    }
};

inline config::config options_of(config::auth_mode mode, core::duration body_timeout) {
    config::config options;
    options.limits.body_timeout = body_timeout;
    options.auth.mode = mode;
    return options;
}

class exchange_fixture {
public:
    explicit exchange_fixture(std::string request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
                              config::auth_mode mode = config::auth_mode::optional,
                              core::duration body_timeout = config::limit_options{}.body_timeout)
        : client(std::move(request)), options_(options_of(mode, body_timeout)) {}

    // A coroutine that waits is never destroyed: what a test leaves under way is ended here.
    ~exchange_fixture() {
        if (!has_begun || has_ended) return;
        subject.cut(core::reason::draining);
        settle();
        client.body.wait.wake(net::wait_status::cancelled);
        client.out.wait.wake(net::wait_status::cancelled);
        assert(has_ended);
    }
    exchange_fixture(const exchange_fixture&) = delete;
    exchange_fixture& operator=(const exchange_fixture&) = delete;

    // Runs the exchange up to its first wait.
    void start(core::reason head = core::reason::none) {
        has_begun = true;
        core::spawn(run(*this, head));
    }
    static core::task<> run(exchange_fixture& f, core::reason head) {
        co_await f.subject.run(head);
        f.has_ended = true;
    }

    // What the event loop does after something was cancelled.
    void settle() {
        upstream.idle.place.settle();
        upstream.fresh.settle();
    }

    // From now on a request without a token is refused.
    void require_tokens() { where.current = snapshot_of(config::auth_mode::required, 2); }

    scripted_inbound client;
    scripted_upstream upstream;
    bool has_begun = false;
    bool has_ended = false;

private:
    proxy::local_snapshot_pointer snapshot_of(config::auth_mode mode, std::uint64_t number) {
        std::shared_ptr<protocol::outbound_source> places(&upstream, [](protocol::outbound_source*) {});
        return new proxy::local_snapshot(
            std::make_shared<proxy::snapshot>(options_of(mode, options_.limits.body_timeout), number),
            places);
    }

    config::config options_;
    core::asio::io_context loop_{1};
    net::deadline_wheel wheel_{loop_.get_executor()};
    no_gate verifier_;
    auth::shared_state shared_{options_.cache, options_.gate, {}};
    auth::authenticator authenticator_{shared_,        verifier_,     loop_.get_executor(),
                                       options_.cache, options_.gate, options_.auth};
    auth::token_hasher hasher_{auth::process_key(std::array<std::uint8_t, 32>{}), "https://gate.test", "key"};
    auth::account_records records_{16};
    proxy::upstream_sharing sharing_{records_, options_.limits};
    telemetry::metrics metrics_{1};
    net::deadline log_due_{wheel_, [](void*) {}, nullptr};
    net::deadline trim_due_{wheel_, [](void*) {}, nullptr};
    http::request_id_source ids_{1, 2};
    http::date_text date_;
    net::buffer_pool blocks_{16384, 2};
    protocol::exchange_memory_pool memories_{2};
    protocol::arrival_block arrival_;
    protocol::head_scratch scratch_;
    proxy::idle_connections idle_;
    proxy::local_snapshot_pointer by_ = snapshot_of(options_.auth.mode, 1);
    proxy::client peer_{net::ip_address{}, "192.0.2.1"};

public:
    proxy::context where{.current = by_,
                         .executor = loop_.get_executor(),
                         .wheel = wheel_,
                         .authenticator = authenticator_,
                         .hasher = hasher_,
                         .sharing = sharing_,
                         .metrics = metrics_.worker(0),
                         .log = nullptr,
                         .log_due = log_due_,
                         .trim_due = trim_due_,
                         .ids = ids_,
                         .date = date_,
                         .blocks = blocks_,
                         .memories = memories_,
                         .arrival = arrival_,
                         .scratch = scratch_,
                         .idle = idle_};
    proxy::exchange subject{where, *by_, client, peer_, core::clock::now(), core::clock::now()};
};

}  // namespace gate::test
