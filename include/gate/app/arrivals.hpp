#pragma once
// Accepted connections that are no sessions yet: they send a PROXY header, they shake hands. Clear listeners
// without PROXY headers know nothing of this.

#include <gate/app/arrival_places.hpp>
#include <gate/app/handshake_notes.hpp>
#include <gate/app/proxy_header_notes.hpp>
#include <gate/core/task.hpp>
#include <gate/net/address.hpp>
#include <gate/net/deadline_wheel.hpp>
#include <gate/net/remote.hpp>
#include <gate/net/stream.hpp>
#include <gate/net/tls_context.hpp>
#include <gate/protocol/door.hpp>
#include <gate/telemetry/worker_metrics.hpp>

#include <cstddef>
#include <exception>
#include <memory>
#include <optional>

namespace gate::app {

// How the connections of one listener come in, by the configuration of now. Belongs to its worker.
struct way_in {
    protocol::entrance entrance;
    protocol::door& leads_to;
    proxy_header_notes& headers;
    handshake_notes& handshakes;
    bool is_for_answers = false;  // then it has places of its own
    bool expects_proxy_header = false;
    net::network_set proxies{};              // that may send one
    bool needs_tls = false;                  // never served in the clear
    std::shared_ptr<net::server_tls> tls{};  // null: it does not, or there is no memory for it

    bool is_direct() const noexcept { return !expects_proxy_header && !needs_tls; }
};

// A connection on its way.
class arriving : public arrival_place {
public:
    // Its client is known now. False: there is no room for another connection of that client.
    virtual bool meet(protocol::peer who) = 0;
    // How it ends: as a session (`over` is null where it is clear), or not. Either may destroy this object.
    virtual void arrive(std::unique_ptr<protocol::tls_peer> over) = 0;
    virtual void vanish() noexcept = 0;
    virtual void report(const std::exception& error) noexcept = 0;

protected:
    ~arriving() = default;
};

// Not thread-safe: belongs to its worker.
class arrivals {
public:
    static constexpr std::size_t max_under_way = 64;
    static constexpr std::size_t max_answers_under_way = 16;  // of the answering listener

    // `most`: how many may be under way. `patience`: limits.header_timeout. Everything else outlives this
    // object.
    arrivals(net::deadline_wheel& wheel, telemetry::worker_metrics& metrics, std::size_t most,
             core::duration patience);

    void configure(core::duration patience) { places_.configure(patience); }

    // Takes `one`, from `from`, to its end, which may come before this returns. `by` outlives it. Another one
    // goes if there are too many.
    void receive(arriving& one, const way_in& by, const net::remote& from);

    // The program is about to end: those that have sent nothing end soon. The others have their time, so that
    // their first requests are answered, as those of clear connections whose heads have begun.
    void drain() { places_.drain(); }

    // Ends all of them soon.
    void cut() { places_.cut(); }

private:
    core::detached run(arriving& one, const way_in& by, net::remote from);
    core::task<bool> pass(arriving& one, const way_in& by, net::remote from);
    // `client`: what the header has said, if it has.
    core::task<bool> take_header(arriving& one, const way_in& by, const net::remote& from,
                                 std::optional<net::ip_address>& client);
    core::task<bool> shake_hands(arriving& one, const way_in& by, const net::remote& from,
                                 const std::optional<net::ip_address>& client);

    telemetry::worker_metrics& metrics_;
    arrival_places places_;
};

}  // namespace gate::app
