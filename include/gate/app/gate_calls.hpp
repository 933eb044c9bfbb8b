#pragma once
// What the threads of this process need alike to speak with Gate.

#include <gate/app/admin_endpoints.hpp>
#include <gate/auth/token_key.hpp>
#include <gate/verify/key_ring.hpp>

#include <optional>

namespace gate::app {

// Gate's base URL in its canonical form.
std::string gate_url_of(const config::gate_options& gate);

// Makes the keys of tokens: every thread that has one of these makes the same ones; in a fleet, every
// replica.
auth::token_hasher make_token_hasher(const auth::process_key& key, const config::config& options);

// What a call to Gate needs to know.
struct gate_access {
    config::gate_options options;
    std::shared_ptr<boost::asio::ssl::context> tls;  // null: Gate is spoken to without TLS
};

// For the commands. Nothing, after a line on standard error: TLS cannot be set up.
std::optional<gate_access> access_to(const config::gate_options& gate);

// Revokes at Gate with the secret key in use, and where Gate refuses that one, with the one that waits to
// take its place. `keys` outlives the calls; `executor` is that of the calling thread.
// `now` is asked before each call.
admin_endpoints::revoker make_revoker(core::executor executor, std::function<gate_access()> now,
                                      verify::key_ring& keys);

}  // namespace gate::app
