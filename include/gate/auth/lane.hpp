#pragma once
// The kinds of calls to Gate, and who makes them.

#include <gate/auth/client_id.hpp>
#include <gate/auth/token_key.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace gate::auth {

enum class lane : std::uint8_t {
    known,    // tokens that Gate has accepted lately
    unknown,  // all others
    refresh,  // renewal of known ones before it is due
};
inline constexpr std::size_t lane_count = 3;
std::string_view to_string(lane which) noexcept;

// For whom a call is made.
struct asker {
    token_key token;
    std::optional<client_id> from;  // nothing: no client is known, or waits for it
};

}  // namespace gate::auth
