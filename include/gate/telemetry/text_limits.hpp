#pragma once
// How much of each text the access log and spans show, in bytes: collectors cut lines at 16 KiB.

#include <cstddef>

namespace gate::telemetry::shown_at_most {

inline constexpr std::size_t method = 32;
inline constexpr std::size_t path = 2048;
inline constexpr std::size_t host = 256;
inline constexpr std::size_t socket = 108;
inline constexpr std::size_t address = 64;
inline constexpr std::size_t user_agent = 512;
inline constexpr std::size_t id = 256;

}  // namespace gate::telemetry::shown_at_most
