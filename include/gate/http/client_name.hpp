#pragma once
// Names of clients' certificates (subject alternative names) as listener.tls.client_names compares them.
// Pure.

#include <span>
#include <string>
#include <string_view>

namespace gate::http {

// The problem as a sentence without the pattern, or "" when it is acceptable. With a colon it is a URI, which
// '*' may stand in for one whole segment of the path: spiffe://example.org/ns/prod/*. Else it is a DNS name.
std::string check_client_name_pattern(std::string_view text);

// What a certificate names, in its own spelling.
struct client_names {
    std::span<const std::string> uris;
    std::span<const std::string> dns_names;
};

// Whether one of the names matches a checked pattern. DNS names are compared without regard to case, and a
// wildcard in a certificate stands for nothing but itself. URIs as RFC 3986 6.2.2.1: scheme, host and the
// digits of escapes without regard to case, and all else byte by byte. Nothing is decoded and no path is
// normalised; a URI with an empty segment, a dot segment or a byte that no URI has matches nothing, and '*'
// matches no segment with an escape. One name with a control byte makes all of them match nothing.
bool client_name_matches(std::string_view pattern, const client_names& names) noexcept;

// Whether a name has a byte that no text has: the certificate as a whole cannot be believed.
bool has_control_byte(const client_names& names) noexcept;

}  // namespace gate::http
