#pragma once
// Why the store has not done what it was asked for.

#include <algorithm>
#include <array>
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

// The code of an error reply, if it is a known one: the words after it may repeat what the server has been
// told (rule 25).
constexpr std::string_view code_in(std::string_view said) noexcept {
    constexpr std::array<std::string_view, 6> codes{"WRONGPASS", "NOAUTH",  "NOPERM",
                                                    "DENIED",    "LOADING", "MASTERDOWN"};
    const auto* const found = std::ranges::find(codes, said.substr(0, said.find(' ')));
    return found == codes.end() ? "ERR" : *found;
}

}  // namespace gate::store
