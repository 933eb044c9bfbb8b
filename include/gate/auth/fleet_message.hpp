#pragma once
// What the replicas of a fleet tell each other, as values. How it is written and sealed: store/.
//
// Every message states what became true and when, by the store's clock; what a replica knows is the fold of
// all messages, in which only maxima count, so that order, repetition and late arrival cannot matter.

#include <gate/core/clock.hpp>
#include <gate/core/reason.hpp>

#include <array>
#include <chrono>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace gate::auth {

// By the store's clock, since its epoch.
using store_time = std::chrono::time_point<std::chrono::system_clock, std::chrono::microseconds>;
using store_span = std::chrono::microseconds;
inline constexpr store_time store_never{store_span(1LL << 52U)};  // the year 2112: of a block without an end

// What stands for a token everywhere in the fleet: 132 bits of a keyed digest, in base64url.
struct token_id {
    std::array<char, 22> text{};
    auto operator<=>(const token_id&) const = default;  // NOLINT(modernize-use-nullptr): a false alarm
    std::string_view view() const noexcept { return {text.data(), text.size()}; }
};

// Tells whether two replicas hold the same secret key of Gate's, and nothing else about it.
using key_id = std::array<std::uint8_t, 8>;

enum class fleet_kind : std::uint8_t {
    verdict = 1,      // Gate's word on a token
    revocation = 2,   // of a token, by an operator
    purge = 3,        // of a token, an account or all
    pause = 4,        // Gate has said 429
    block = 5,        // of an account, or its lifting
    key_refused = 6,  // Gate refuses the sender's secret key
    failure = 7,      // a call about a token that was not answered: who waits for it need not wait on
    release = 8,      // the lock of a token, which nobody knew to be its own, is gone: the same
};

struct fleet_message {
    fleet_kind kind = fleet_kind::verdict;
    // When it became true: a verdict's question was asked, a purge was ordered, ...
    store_time at{};
    std::optional<token_id> token{};  // of verdict, failure, release and revocation
    std::string fingerprint{};        // of a purge of one token: it is what an operator names
    std::string account{};            // of an accepted verdict, a block, and a purge of one account

    // Of a verdict; of a failure: why.
    core::reason refused_for = core::reason::none;  // none: accepted

    // Of a verdict.
    store_span life{0};  // may be used for so long after `at`; 0: never again
    std::chrono::system_clock::time_point verified_at{};  // the sender's wall clock when it asked
    std::optional<unsigned> limit{};                      // Gate's figures
    std::optional<unsigned> remaining{};
    std::string request_id{};
    std::vector<key_id> keys{};  // that the sender holds, or held until lately

    // Of revocation, pause and block: until then. A block that ends at `at` or before is a lifting.
    store_time until{};

    bool operator==(const fleet_message&) const = default;
};

}  // namespace gate::auth
