#pragma once
// The memory that a worker's exchanges use, and how what a burst has left is given back to the system.

#include <gate/auth/policy.hpp>
#include <gate/net/buffer_pool.hpp>
#include <gate/net/deadline_wheel.hpp>
#include <gate/protocol/http1_inbound.hpp>

namespace gate::app {

// Not thread-safe: belongs to its worker.
struct worker_memory {
    // `wheel` outlives this object.
    explicit worker_memory(net::deadline_wheel& wheel);
    worker_memory(const worker_memory&) = delete;
    worker_memory& operator=(const worker_memory&) = delete;

    net::buffer_pool large_blocks;
    net::buffer_pool blocks;
    protocol::exchange_memory_pool memories;
    protocol::arrival_block arrival;
    protocol::head_scratch scratch;
    auth::policy_scratch policy;
    net::deadline trim_due;  // set after a request
    int calm_in = 0;         // rounds of trimming until a burst is over; 0: there is none

private:
    void trim() noexcept;
};

}  // namespace gate::app
