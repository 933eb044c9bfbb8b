#pragma once
// Which calls go wrong, and how. A plan is a list of rules; the first one that matches a call decides. Pure:
// the dice come from the caller. Not thread-safe.

#include <gate/core/clock.hpp>
#include <gate/emulator/malformed.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace gate::emulator {

enum class call_kind : std::uint8_t { verify, revoke };

enum class fault_action : std::uint8_t {
    none,       // the right answer, only late or slow
    status,     // this status with its error envelope
    malformed,  // a 200 that is none
    hang,       // no answer; the connection stays open until the caller closes it
    reset,      // TCP RST after the request was read
    close,      // closed after the request was read
    raw,        // exactly these bytes, then closed
};

struct fault {
    fault_action action = fault_action::none;
    unsigned status = 0;                              // of action status: 200 to 599
    std::optional<std::chrono::seconds> retry_after;  // sent with action status
    malformed_kind malformed = malformed_kind::not_json;
    std::string raw;
    core::duration latency{};            // before the answer
    core::duration jitter{};             // up to so much more, evenly spread
    core::duration slow_bytes{};         // before each byte of the answer; 0: no pauses
    double probability = 1;              // 0 to 1
    std::optional<std::uint64_t> count;  // so many calls more; nothing: no end
    bool on_verify = true;
    bool on_revoke = true;

    bool replaces_answer() const { return action != fault_action::none; }
};

class fault_plan {
public:
    // Draws from [0, 1).
    using dice = std::function<double()>;

    void replace(std::vector<fault> rules) { rules_ = std::move(rules); }
    const std::vector<fault>& rules() const { return rules_; }

    // The rule that governs this call, its count used up by one. Nothing: the call goes well.
    std::optional<fault> next(call_kind kind, const dice& draw);

private:
    std::vector<fault> rules_;
};

// latency plus the jitter that was drawn.
core::duration delay_of(const fault& rule, const fault_plan::dice& draw);

}  // namespace gate::emulator
