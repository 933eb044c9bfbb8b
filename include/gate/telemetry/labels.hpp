#pragma once
// The closed sets of label values. Label values come from these lists and from the names that the
// configuration gives (name_registry) alone: never a path, an account or a token.

#include <gate/core/reason.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace gate::telemetry {

// Known to the OpenTelemetry conventions; whatever else a client sends is `other`.
enum class method : std::uint8_t { connect, del, get, head, options, patch, post, put, trace, other };
enum class cache_result : std::uint8_t { hit, miss, expired, coalesced, negative, stale, fleet };
enum class connection_state : std::uint8_t { idle, active };

// Where requests come in: the listeners in their order, then the answering one.
using listener_index = std::uint8_t;

enum class handshake_outcome : std::uint8_t { ok, timeout, refused, error };

// untrusted: from a peer that may not send one. refused: for want of room.
enum class proxy_header_outcome : std::uint8_t { ok, timeout, refused, error, untrusted };

inline constexpr std::array<std::string_view, 4> handshake_outcome_names{"ok", "timeout", "refused", "error"};
inline constexpr std::array<std::string_view, 5> proxy_header_outcome_names{"ok", "timeout", "refused",
                                                                            "error", "untrusted"};
inline constexpr std::array<std::string_view, 10> method_names{"CONNECT", "DELETE", "GET", "HEAD",  "OPTIONS",
                                                               "PATCH",   "POST",   "PUT", "TRACE", "_OTHER"};
inline constexpr std::array<std::string_view, 7> cache_result_names{
    "hit", "miss", "expired", "coalesced", "negative", "stale", "fleet"};
inline constexpr std::array<std::string_view, 2> connection_state_names{"idle", "active"};

template <class Enum>
constexpr std::size_t index_of(Enum value) noexcept {
    return static_cast<std::size_t>(value);
}

// Case-sensitive, as methods are (RFC 9110 9.1).
method method_of(std::string_view name) noexcept;

inline std::string_view to_string(method value) noexcept {
    return method_names[index_of(value)];
}
inline std::string_view to_string(cache_result value) noexcept {
    return cache_result_names[index_of(value)];
}

}  // namespace gate::telemetry
