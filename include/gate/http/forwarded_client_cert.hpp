#pragma once
// X-Forwarded-Client-Cert: what the upstream is told about the certificate of a client, in Envoy's grammar.
// Nobody but this program sets the field: one that comes in is removed, in any spelling (rule 1).

#include <gate/http/client_name.hpp>

#include <string>
#include <string_view>

namespace gate::http {

// "X-Forwarded-Client-Cert: Hash=...;URI=...;DNS=...\r\n", with one URI or DNS for each name. `sha256`: of
// the certificate's DER, in hex. A name that the grammar cannot carry (a byte outside visible ASCII but a
// space, or a backslash) is left out, and so is one that does not fit into 4 KiB.
std::string forwarded_client_cert_line(std::string_view sha256, const client_names& names);

}  // namespace gate::http
