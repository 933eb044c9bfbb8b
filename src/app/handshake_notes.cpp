#include <gate/app/handshake_notes.hpp>
#include <gate/net/tls_handshake.hpp>

#include <exception>

namespace gate::app {

void handshake_notes::note(telemetry::handshake_outcome how, const net::stream& with, const net::remote& from,
                           core::time_point now) noexcept {
    using outcome = telemetry::handshake_outcome;
    if (how != outcome::error && how != outcome::refused) return;
    if (with.is_cut() || !net::has_begun_handshake(with)) return;
    const auto left_out = pace_.next(now);
    if (!left_out) return;
    try {
        events_.warn("a TLS handshake with a client has failed",
                     {{"listener", listener_},
                      {"network.peer.address", from.is_unix ? "unix" : net::to_text(from.address)},
                      {"error.message", net::failure_text_of(with)},
                      {"connections_not_logged", *left_out}});
    } catch (const std::exception&) {  // want of memory
        return;
    }
}

}  // namespace gate::app
