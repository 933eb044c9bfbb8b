#pragma once
// The call that revokes a token at Gate. Rare, and made by people: a connection of its own for each.

#include <gate/auth/token_verifier.hpp>
#include <gate/config/config.hpp>
#include <gate/core/asio.hpp>

#include <boost/asio/ssl/context.hpp>

#include <chrono>
#include <memory>
#include <string>

namespace gate::verify {

enum class revocation_result : std::uint8_t {
    revoked,        // 204
    unknown_token,  // a 404 of Gate's: it knows no such token, or nothing at gate.revoke_path
    failed,         // it is not known to be revoked
};

struct revocation {
    revocation_result result = revocation_result::failed;
    core::reason reason = core::reason::internal_error;  // of failed
    int status = 0;                                      // of Gate's response; 0: none was received
    unsigned calls = 1;                                  // sent to Gate, repetitions included
    std::chrono::seconds retry_after{0};                 // 0: not said
    std::string request_id;                              // Gate's, well-formed, or empty
    std::string detail;                                  // for people; no token, no key, printable
};

// What an answer to the revoke call means. It was read as one to the verify call, which differs in what a
// success looks like and in what a 404 says, and in nothing else. Pure.
revocation read_revocation(const auth::verification& answer);

// Asks Gate once, with `secret_key`, and ends by `deadline`. A refused key (401, 403) says nothing about its
// scope for verifying: it need not have the one for revoking. Uses gate.base_url, revoke_path, token_field.
// `tls` is needed when base_url is https; `version` is that of this program. Precondition:
// auth::is_agent_token(token).
core::task<revocation> revoke(core::executor executor, config::gate_options gate,
                              std::shared_ptr<boost::asio::ssl::context> tls, std::string version,
                              core::secret_string secret_key, core::secret_string token,
                              core::time_point deadline);

}  // namespace gate::verify
