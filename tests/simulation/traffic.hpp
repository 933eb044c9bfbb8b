#pragma once
// Who asks for what, when, and at which replica: made once for each cell, so that the sidecar, the plain
// cache and the ideal one meet the same requests.

#include "scenario.hpp"

#include <cstdint>
#include <vector>

namespace gate::simulation {

using token_id = std::uint64_t;
inline constexpr token_id first_bad_token = token_id{1} << 40U;  // Gate refuses this one and all above it

struct request {
    core::duration at{0};  // since the beginning
    std::uint32_t token = 0;
    std::uint32_t replica = 0;
};

// In the order of time.
std::vector<request> good_requests(const scenario& cell);

// Calls in the busiest window that ends after `from` which these requests cost at least: those of a cache in
// each replica that asks for a token exactly when it is asked for one that it does not hold.
std::size_t ideal_demand(const std::vector<request>& requests, const scenario& cell, core::duration ttl,
                         core::duration window);

// Mixes all bits (SplitMix64).
std::uint64_t mix(std::uint64_t bits) noexcept;

}  // namespace gate::simulation
