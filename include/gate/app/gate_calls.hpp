#pragma once
// What the threads of this process need alike to speak with Gate.

#include <gate/app/admin_endpoints.hpp>
#include <gate/auth/token_key.hpp>
#include <gate/verify/key_ring.hpp>

namespace gate::app {

// Makes the keys of tokens: every thread that has one of these makes the same ones.
auth::token_hasher make_token_hasher(const auth::process_key& key, const config::config& options);

// Revokes at Gate with the secret key in use, and where Gate refuses that one, with the one that waits to
// take its place. `keys` outlives the calls; `executor` is that of the calling thread.
admin_endpoints::revoker make_revoker(core::executor executor, const config::gate_options& gate,
                                      std::shared_ptr<boost::asio::ssl::context> tls, verify::key_ring& keys);

}  // namespace gate::app
