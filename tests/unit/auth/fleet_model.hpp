#pragma once
// What can happen to two replicas of a fleet and one token, and the state that results: for fleet_model_test.

#include <array>
#include <chrono>
#include <compare>
#include <cstdint>
#include <string>
#include <vector>

namespace fleet_model {

constexpr std::chrono::milliseconds ttl{60'000};

enum class message : std::uint8_t { of_a, of_b, revocation, purge };
inline constexpr std::array messages{message::of_a, message::of_b, message::revocation, message::purge};

// What happens; `on`: replica 0 or 1.
enum class event : std::uint8_t {
    begin,
    answer,
    finish,
    lock_ends,
    withdraw,
    revoke,
    purge,
    expire,
    hear,
    repeat,
    lose
};
struct step {
    event what;
    std::uint8_t on = 0;
    message which = message::of_a;
};

// One call to Gate.
struct call {
    int asked = -1;
    bool is_answered = false;
    bool is_yes = false;
    bool is_told = false;
    auto operator<=>(const call&) const = default;
};

// Everything but the real core. Times in ms.
struct state {
    int now = 0;
    int lock = -1;  // whose
    bool is_withdrawn = false;
    bool has_expired = false;
    bool lock_has_ended = false;
    int revoked_at = -1;
    int purged_at = -1;
    std::array<call, 2> calls{};
    std::array<std::uint8_t, 2> heard{};  // bits
    int repeated = -1;
    int lost = -1;

    bool is_sent(message which) const;
    bool knows(unsigned replica, message which) const {
        return (heard[replica] >> static_cast<unsigned>(which) & 1U) != 0;
    }
    bool can(const step& next) const;
    bool is_lost(const step& at) const { return lost == number_of(at); }
    static int number_of(const step& at) { return static_cast<int>(at.which) * 2 + at.on; }

    void hear(unsigned replica, message which) {
        heard[replica] = static_cast<std::uint8_t>(heard[replica] | 1U << static_cast<unsigned>(which));
    }
    void take(const step& next);

    // The order of what carries a time, and what is known of it. The time itself does not matter.
    std::string name() const;
};

// Every step that can ever be.
std::vector<step> all_steps();

}  // namespace fleet_model
