#include <gate/app/handshake_notes.hpp>

#include <exception>

namespace gate::app {

void handshake_notes::note(telemetry::handshake_outcome how, std::string_view why, const net::remote& from,
                           const std::optional<net::ip_address>& client, core::time_point now) noexcept {
    using outcome = telemetry::handshake_outcome;
    if (how != outcome::error && how != outcome::refused) return;
    const auto left_out = paces_[telemetry::index_of(how)].next(now);
    if (!left_out) return;
    try {
        const auto peer = from.is_unix ? std::string("unix") : net::to_text(from.address);
        events_.warn("a TLS handshake with a client has failed",
                     {{"listener", listener_},
                      {"client.address", client ? net::to_text(*client) : peer},
                      {"network.peer.address", peer},
                      {"error.message", why},
                      {"connections_not_logged", *left_out}});
    } catch (const std::exception&) {  // want of memory
        return;
    }
}

}  // namespace gate::app
