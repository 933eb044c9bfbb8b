#pragma once
// Why the store has not done what it was asked for.

#include <cstdint>
#include <string_view>

namespace gate::store {

enum class fault : std::uint8_t {
    none,
    unreachable,  // no address, no connection, or none in time
    insecure,     // the TLS handshake failed
    refused,      // the store does not let us in: user, password, database
    late,         // no reply in time
    broken,       // the connection has ended
    garbled,      // not RESP, a reply that is too large, or one to no command (rule 30)
    failed,       // it answers with an error
};

constexpr std::string_view to_string(fault what) noexcept {
    switch (what) {
        case fault::none: return "ok";
        case fault::unreachable: return "unreachable";
        case fault::insecure: return "tls_failed";
        case fault::refused: return "login_refused";
        case fault::late: return "late";
        case fault::broken: return "connection_lost";
        case fault::garbled: return "bad_reply";
        case fault::failed: return "error";
    }
    return "error";
}

}  // namespace gate::store
