#pragma once
// The subcommands that ask Gate, or the running sidecar, something about a token. Each prints for people,
// never a token or a key, and returns an exit code.

#include <gate/config/load.hpp>

namespace gate::app {

// Revokes the agent token on standard input: through the admin listener of the running sidecar where that
// answers and takes the admin token, so that the token is refused there immediately; otherwise at Gate
// directly. exit_failure when Gate does not know the token.
int revoke_token(const config::loaded& loaded);

// Tells which form of the verify call Gate understands, and whether the secret key is accepted; and, of an
// agent token on standard input, what Gate says of it. exit_clean when the configured form and the key work,
// and the token, if there is one, is valid; exit_failure when Gate refuses it.
int check_gate(const config::loaded& loaded);

}  // namespace gate::app
