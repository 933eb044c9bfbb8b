#pragma once
// What can happen to one token in a fleet, and the state that results: for fleet_model_test.
//
// Two replicas ask Gate once each, one revokes the token, one purges the fleet. A listener hears of it. What
// a replica finds depends on nothing but what was said, what it has heard of that, in which order, and when;
// and the listener hears each message at any time after it was said, or never. So what it hears is what
// either of the two hears, and any other replica.

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace fleet_model {

constexpr std::chrono::milliseconds ttl{60'000};
constexpr std::chrono::milliseconds negative_ttl{30'000};
constexpr std::chrono::milliseconds memory = ttl + std::chrono::seconds(10);  // of revocations and fences

// In ms. A refusal of the first is over at the second, a yes at the third, a revocation at the fourth. The
// few ms that steps take between them decide nothing but an order.
inline constexpr std::array moments{0, 31'000, 62'000, 72'000};

enum class message : std::uint8_t { of_a, of_b, revocation, purge };
inline constexpr std::array messages{message::of_a, message::of_b, message::revocation, message::purge};

// How many are heard twice. Sanitizers need minutes for one, and find what they find without it.
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
inline constexpr std::size_t most_repeated = 0;
#else
inline constexpr std::size_t most_repeated = 1;
#endif

// call_for_yes, call_for_no: a call to Gate may start, which Gate will answer so; b's after a's. How long the
// call takes, and whether its owner is frozen meanwhile, so that both are under way, is when it is heard of.
enum class event : std::uint8_t { call_for_yes, call_for_no, revoke, purge, wait, hear };
struct step {
    event what;
    message which = message::of_a;  // of call_for_yes, call_for_no, hear
};

// One call to Gate.
struct call {
    int asked = -1;
    bool is_yes = false;
};

struct hearing {
    message which = message::of_a;
    int at = 0;
};

// What has happened. Times are in ms; -1: not yet.
struct state {
    int now = 0;
    std::array<call, 2> calls{};
    int revoked_at = -1;
    int purged_at = -1;
    std::array<hearing, messages.size() + most_repeated> heard{};
    std::size_t heard_count = 0;

    int time_of(message which) const;  // that it carries
    std::optional<int> first_heard(message which) const;
    std::optional<int> last_heard(message which) const;

    // In each moment, all that is said comes before what is heard: the listener could not tell. So one path
    // leads to each history.
    bool can(const step& next) const;
    void take(const step& next);

    std::string text() const;
};

// Every step that can ever be.
std::vector<step> all_steps();

// The moments after `now`.
std::span<const int> moments_after(int now);

}  // namespace fleet_model
