#include <gate/app/arrivals.hpp>
#include <gate/net/proxy_greeting.hpp>
#include <gate/net/tls_handshake.hpp>

#include <optional>
#include <utility>

namespace gate::app {
namespace {

using telemetry::proxy_header_outcome;

// Of a PROXY header that is not whole.
proxy_header_outcome outcome_of(arriving::ending ended) {
    switch (ended) {
        case arriving::ending::open: return proxy_header_outcome::error;
        case arriving::ending::overdue: return proxy_header_outcome::timeout;
        default: return proxy_header_outcome::refused;
    }
}

}  // namespace

arrivals::arrivals(net::deadline_wheel& wheel, telemetry::worker_metrics& metrics, std::size_t most,
                   core::duration patience)
    : metrics_(metrics), places_(wheel, most, patience) {}

void arrivals::receive(arriving& one, const way_in& by, const net::remote& from) {
    places_.enter(one);
    run(one, by, from);
}

core::detached arrivals::run(arriving& one, const way_in& by, net::remote from) {
    bool is_here = false;
    std::unique_ptr<protocol::tls_peer> over;
    try {
        is_here = co_await pass(one, by, from);
        if (const auto* facts = net::facts_of(one.connection()); is_here && facts != nullptr)
            over = std::make_unique<protocol::tls_peer>(*facts);
    } catch (const std::exception& error) {  // such as want of memory
        is_here = false;
        one.report(error);
    }
    places_.leave(one);
    if (is_here && one.ended == arriving::ending::open) {
        one.arrive(std::move(over));
    } else {
        one.vanish();
    }
}

// True: what comes next is a request.
core::task<bool> arrivals::pass(arriving& one, const way_in& by, net::remote from) {
    std::optional<net::ip_address> client;
    if (by.expects_proxy_header) {
        const bool is_known = co_await take_header(one, by, from, client);
        if (!is_known) co_return false;
    }
    if (!by.needs_tls) co_return true;
    if (by.tls == nullptr) co_return false;
    co_return co_await shake_hands(one, by, from, client);
}

core::task<bool> arrivals::take_header(arriving& one, const way_in& by, const net::remote& from,
                                       std::optional<net::ip_address>& client) {
    const auto header = co_await net::receive_proxy_header(one.connection(), core::never);
    const bool is_whole = header.outcome == net::proxy_header::state::complete;
    const auto how = is_whole ? proxy_header_outcome::ok : outcome_of(one.ended);
    if (how == proxy_header_outcome::error && header.size == 0) {
        by.headers.note_silent_end();
    } else {
        by.headers.note(how, from);
    }
    if (!is_whole) co_return false;
    one.has_proxy_header = true;
    if (header.client) client = header.client->address();
    auto who = protocol::make_peer(from, by.entrance, client);
    co_return one.meet(std::move(who));
}

core::task<bool> arrivals::shake_hands(arriving& one, const way_in& by, const net::remote& from,
                                       const std::optional<net::ip_address>& client) {
    const auto began = core::clock::now();
    auto with = by.tls;  // whatever a reload brings
    const auto result = co_await net::accept_tls(one.connection(), std::move(with), core::never);
    const auto how = outcome_of(result, one.ended);
    metrics_.count_handshake(by.entrance.listener, how, core::clock::now() - began);
    // Nobody needs to know of one that we have closed, or that has ended before its first byte, as the checks
    // of balancers do.
    const auto& bytes = one.connection();
    if (result != net::handshake_result::ok && !bytes.is_cut() && net::has_begun_handshake(bytes))
        by.handshakes.note(how, net::failure_text_of(bytes), from, client);
    co_return result == net::handshake_result::ok;
}

}  // namespace gate::app
