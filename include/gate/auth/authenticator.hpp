#pragma once
// Decides about agent tokens: cache, then one verification for all who ask. One for each worker, over the
// state that all workers share. Order of defence (each step sees only what the one before let through): the
// shape check of extract_bearer, positive cache, negative cache, single flight, governor, Gate.

#include <gate/auth/decision.hpp>
#include <gate/auth/shared_state.hpp>
#include <gate/auth/token_key.hpp>
#include <gate/auth/token_verifier.hpp>
#include <gate/config/config.hpp>
#include <gate/core/asio.hpp>
#include <gate/core/task.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace gate::auth {

class authenticator {
public:
    // `shared` and `verifier` outlive this; this outlives the tasks of `executor`: verifications run there.
    // Uses gate.timeout and auth.header_name.
    authenticator(shared_state& shared, token_verifier& verifier, core::executor executor,
                  const config::cache_options& cache, const config::gate_options& gate,
                  const config::auth_options& auth);

    // The answer from the caches alone: the hot path. Allocates nothing, never suspends; a hit locks one
    // shard. False: the caches do not know; then `out` says nothing of use. Precondition: `out` is as it was
    // made (what a hit has no word on is left alone).
    bool find(const token_key& key, core::time_point now, decision& out);
    std::optional<decision> find(const token_key& key, core::time_point now);

    // Joins the verification of this token that is under way, or starts one. Resumes on this worker's thread,
    // by `deadline` (then: unavailable, gate_timeout). The verification goes on for the others if this one
    // gives up, or its client goes away. `token` must stay until the first wait; precondition:
    // is_agent_token(token).
    core::task<decision> verify(std::string_view token, token_key key, core::time_point deadline);

private:
    void start(std::string_view token, const token_key& key);
    core::task<> run_verification(core::secret_string token, token_key key);
    core::task<verification> ask_gate(core::secret_string token, core::time_point deadline);
    outcome settle(const token_key& key, verification answer, core::time_point asked);
    identity store_allow(const token_key& key, const verification& answer, core::time_point asked);
    void store_deny(const token_key& key, const verification& answer, core::time_point asked);

    shared_state& shared_;
    token_verifier& verifier_;
    core::executor executor_;
    config::cache_options cache_;
    core::duration gate_timeout_;
    std::string header_begin_;  // "X-Gate-Account-Id: "
};

}  // namespace gate::auth
