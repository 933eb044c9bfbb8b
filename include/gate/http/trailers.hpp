#pragma once
// Which trailer fields of a response go on to a client that accepts trailers.

#include <string>
#include <string_view>

namespace gate::http {

// Appends the permitted lines of `section` (as chunk_decoder::trailers() has checked it) to `out`. Left out
// is what RFC 9110 6.5.1 keeps out of trailers: framing, routing, request modifiers, authentication, response
// control and how content is to be processed; and what is ours to say: the identity, forwarding and the
// request id. The line that ends the section is not added.
void append_permitted_trailers(std::string_view section, std::string& out);

}  // namespace gate::http
