#pragma once
// TLS to Gate (rule 17).

#include <gate/config/config.hpp>
#include <gate/core/result.hpp>

#include <boost/asio/ssl/context.hpp>

#include <memory>

namespace gate::verify {

// TLS 1.2 or newer, the peer's chain verified against gate.ca_file or the system's certificates. Made once,
// shared by all workers. Error: the CA file cannot be read or holds no certificate (fatal at start).
core::result<std::shared_ptr<boost::asio::ssl::context>> make_tls_context(
    const config::gate_options& options);

}  // namespace gate::verify
