#include <gate/app/arrivals.hpp>
#include <gate/net/proxy_greeting.hpp>
#include <gate/net/tls_handshake.hpp>

#include <optional>
#include <utility>

namespace gate::app {
namespace {

using telemetry::handshake_outcome;
using telemetry::proxy_header_outcome;

handshake_outcome outcome_of(net::handshake_result result, arriving::ending ended) {
    if (ended == arriving::ending::overdue) return handshake_outcome::timeout;
    if (ended != arriving::ending::open) return handshake_outcome::refused;
    switch (result) {
        case net::handshake_result::ok: return handshake_outcome::ok;
        case net::handshake_result::timed_out: return handshake_outcome::timeout;
        case net::handshake_result::refused: return handshake_outcome::refused;
        default: return handshake_outcome::error;
    }
}

bool has_sent_nothing(net::arrival_slots::slot& one) {
    auto& its = static_cast<arriving&>(one);
    return !its.has_proxy_header && !net::has_begun_handshake(its.connection()) &&
           !its.connection().peek().has_data;
}

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
    : metrics_(metrics),
      slots_(most, patience),
      due_(
          wheel, [](void* self) { static_cast<arrivals*>(self)->end_overdue(); }, this) {}

void arrivals::configure(core::duration patience) {
    slots_.configure(patience);
    due_.set(slots_.due());
}

void arrivals::receive(arriving& one, const way_in& by, const net::remote& from) {
    if (slots_.is_full()) {
        slots_.note_hellos([](net::arrival_slots::slot& each) {
            return net::has_said_hello(static_cast<arriving&>(each).connection());
        });
    }
    auto* const goes = slots_.enter(one, core::clock::now());
    if (goes != nullptr) end(*goes, arriving::ending::gave_way);
    due_.set(slots_.due());
    run(one, by, from);
}

void arrivals::drain() {
    while (auto* const one = slots_.take_silent(&has_sent_nothing)) end(*one, arriving::ending::cut);
    due_.set(slots_.due());
}

void arrivals::cut() {
    while (auto* const one = slots_.take_oldest()) end(*one, arriving::ending::cut);
    due_.clear();
}

void arrivals::end_overdue() {
    const auto now = core::clock::now();
    while (auto* const one = slots_.take_overdue(now)) end(*one, arriving::ending::overdue);
    due_.set(slots_.due());
}

void arrivals::end(net::arrival_slots::slot& one, arriving::ending why) {
    auto& connection = static_cast<arriving&>(one);
    connection.ended = why;
    connection.connection().cut();
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
    slots_.leave(one);
    due_.set(slots_.due());
    if (is_here && one.ended == arriving::ending::open) {
        one.arrive(std::move(over));
    } else {
        one.vanish();
    }
}

// True: what comes next is a request.
core::task<bool> arrivals::pass(arriving& one, const way_in& by, net::remote from) {
    if (by.expects_proxy_header) {
        const bool is_known = co_await take_header(one, by, from);
        if (!is_known) co_return false;
    }
    if (!by.needs_tls) co_return true;
    if (by.tls == nullptr) co_return false;
    co_return co_await shake_hands(one, by);
}

core::task<bool> arrivals::take_header(arriving& one, const way_in& by, const net::remote& from) {
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
    std::optional<net::ip_address> client;
    if (header.client) client = header.client->address();
    auto who = protocol::make_peer(from, by.entrance, client);
    co_return one.meet(std::move(who));
}

core::task<bool> arrivals::shake_hands(arriving& one, const way_in& by) {
    const auto began = core::clock::now();
    auto with = by.tls;  // whatever a reload brings
    const auto result = co_await net::accept_tls(one.connection(), std::move(with), core::never);
    metrics_.count_handshake(by.entrance.listener, outcome_of(result, one.ended), core::clock::now() - began);
    co_return result == net::handshake_result::ok;
}

}  // namespace gate::app
