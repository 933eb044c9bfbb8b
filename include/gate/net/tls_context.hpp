#pragma once
// What the TLS connections of one worker share: one SSL_CTX for each listener and each upstream, for the
// locks of OpenSSL 3.0 do not scale. Belongs to its worker; a stream that is handed to another worker keeps
// the one that it began with.

#include <gate/core/result.hpp>
#include <gate/net/tls_material.hpp>

#include <memory>
#include <string>

namespace gate::net {

// Of a listener. Connections keep the one that they began with.
class server_tls;
// Why the material cannot be used, in OpenSSL's words.
core::result<std::shared_ptr<server_tls>> make_server_tls(std::shared_ptr<const server_tls_material> from,
                                                          std::string& why_not);

// Of an upstream, with the sessions that can be resumed.
class client_tls;
core::result<std::shared_ptr<client_tls>> make_client_tls(std::shared_ptr<const client_tls_material> from,
                                                          std::string& why_not);

}  // namespace gate::net
