#pragma once
// TLS of our own calls (rule 17).

#include <gate/config/tls_options.hpp>
#include <gate/core/result.hpp>

#include <boost/asio/ssl/context.hpp>

#include <memory>
#include <string>

namespace gate::client {

// TLS 1.2 or newer, the peer's chain verified against `ca_file` or, where that is empty, the system's
// certificates. Made once, shared by all workers. Error: the CA file cannot be read or holds no certificate
// (fatal at start).
core::result<std::shared_ptr<boost::asio::ssl::context>> make_tls_context(const std::string& ca_file);

// The same, with a certificate that is shown to the peer, where `files` names one; its server_name is not
// looked at. Error: also that one of these files cannot be read, or that they do not belong together.
core::result<std::shared_ptr<boost::asio::ssl::context>> make_tls_context(
    const config::upstream_tls_options& files);

}  // namespace gate::client
