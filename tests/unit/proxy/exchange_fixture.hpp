#pragma once
// One exchange between a client and an upstream that the test plays: no socket, no Gate.

#include "proxy_world.hpp"
#include "scripted_outbound.hpp"

#include <gate/proxy/exchange.hpp>

#include <cassert>
#include <scripted_inbound.hpp>
#include <string>

namespace gate::test {

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
        : exchange_fixture(std::move(request), options_of(mode, body_timeout)) {}
    exchange_fixture(std::string request, config::config options)
        : client(std::move(request)), world(std::move(options), upstream) {}

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

    // The client's connection is one of TLS that has agreed on `facts`, which outlives this object.
    void come_over_tls(const net::tls_facts& facts, const protocol::certificate_rules& by) {
        peer_.tls = std::make_unique<protocol::tls_peer>(facts);
        peer_.tls->judge(by);
    }
    void trust_peer() { peer_.is_trusted_proxy = true; }

    // What the event loop does after something was cancelled.
    void settle() {
        upstream.idle.place.settle();
        upstream.fresh.settle();
    }

    // From now on a request without a token is refused.
    void require_tokens() {
        world.configure(options_of(config::auth_mode::required, world.options().limits.body_timeout));
    }

    scripted_inbound client;
    scripted_upstream upstream;
    proxy_world world;
    bool has_begun = false;
    bool has_ended = false;

private:
    proxy::local_snapshot_pointer by_ = world.where.current;
    proxy::peer peer_{net::ip_address{}, "192.0.2.1"};

public:
    proxy::session_resources& where = world.where;
    proxy::exchange subject{where, *by_, client, peer_, core::clock::now(), core::clock::now()};
};

}  // namespace gate::test
