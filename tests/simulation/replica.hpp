#pragma once
// A replica as its clients see it, and its way to Gate.

#include "event_queue.hpp"
#include "gate_model.hpp"
#include "ledger.hpp"

#include <gate/auth/failed_tokens.hpp>
#include <gate/auth/token_key.hpp>
#include <gate/core/asio.hpp>
#include <gate/core/task.hpp>

#include <memory>

namespace gate::simulation {

// What all replicas of a run live in. Outlives them.
struct world {
    event_queue& queue;
    gate_model& gate;
    ledger& book;
    core::asio::io_context& context;  // for what the auth layer posts
};

class replica {
public:
    virtual ~replica() = default;

    // When Gate was asked for the answer that lets the token pass; core::never: it is refused.
    virtual core::task<core::time_point> serve(token_id token, auth::client_id from) = 0;
};

// The real thing: authenticator and shared_state.
std::unique_ptr<replica> make_sidecar(const world& in, std::size_t number, const scenario& cell);

// What one writes by hand: a map with a TTL.
std::unique_ptr<replica> make_plain_cache(const world& in, std::size_t number);

// What stands for a token in a replica.
auth::token_key key_of(token_id token);

// Asks Gate, and has it noted.
core::task<auth::verification> ask_gate(world in, std::size_t replica, token_id token,
                                        core::time_point deadline);

}  // namespace gate::simulation
