#pragma once
// uri-host [ ":" port ] (RFC 9110 7.2), narrowed to what hosts are really called.

#include <string_view>

namespace gate::http {

// A name of letters, digits and "-._~", an IPv4 address, or an IPv6 address in brackets; a port of 1..5
// digits up to 65535. No user, no comma, no escape, no zone.
bool is_valid_host(std::string_view host) noexcept;

}  // namespace gate::http
