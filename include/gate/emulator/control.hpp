#pragma once
// The control API: how tests and demos steer the emulator while it runs. JSON over HTTP, without
// authentication.
//
// - GET /_control/state: counters, limit, open connections
// - POST /_control/reset: counters back to zero
// - GET /_control/tokens/agt_x: {"account", "status", "created_at", "expires_at"?, "calls"}
// - PUT /_control/tokens/agt_x: {"account", "status"?, "expires_at"? | "expires_in"?, "ignore_expiry"?}
// - DELETE /_control/tokens/agt_x
// - POST /_control/tokens/agt_x/revoke
// - GET /_control/faults: the rules, counts as they stand
// - PUT /_control/faults: one rule or a list of rules (fault_text.hpp), in place of all
// - DELETE /_control/faults
// - PUT /_control/limit: {"limit": N, "window": "60s"}; a new window begins
// - PUT /_control/keys: ["sk_a", "sk_b"], in place of all
//
// A change is answered with 204, what is wrong with 404, 405 or 422 and Gate's error envelope.

#include <gate/emulator/fake_gate.hpp>

namespace gate::emulator {

bool is_control_path(std::string_view path);

reply control(const request& call, fake_gate& gate, instant now);

}  // namespace gate::emulator
