#pragma once
// A governor_core with a clock of the test's, and calls as it sees them end.

#include <gate/auth/governor_core.hpp>

#include <cstring>
#include <token_keys.hpp>
#include <vector>

namespace governor_tests {

using namespace gate::auth;
using namespace std::chrono_literals;
using gate::core::duration;
using gate::core::reason;
using gate::core::time_point;
using kind = admission::kind;

inline constexpr duration spread = 1'500ms;  // beyond Retry-After

inline call_result answered(std::optional<unsigned> remaining = {}, std::optional<unsigned> limit = {}) {
    call_result out;
    out.reason = reason::token_verified;
    out.took = 20ms;
    out.remaining = remaining;
    out.limit = limit;
    return out;
}

inline call_result failed(reason why = reason::gate_unreachable) {
    call_result out;
    out.reason = why;
    out.took = 20ms;
    return out;
}

inline call_result refused(std::optional<unsigned> remaining = {}, std::optional<unsigned> limit = {}) {
    auto out = answered(remaining, limit);
    out.reason = reason::token_invalid;
    return out;
}

inline call_result limited(std::chrono::seconds retry_after) {
    auto out = failed(reason::gate_rate_limited);
    out.retry_after = retry_after;
    return out;
}

struct fixture {
    explicit fixture(governor_core::options how = {}) : subject(how, 1) {}

    // Each call is for a token of its own, from an address of its own, unless the test says whose it is.
    asker next() { return {key_number(++tokens), client(tokens)}; }
    static client_id client(std::uint64_t number) {
        client_id out;
        std::memcpy(out.bytes.data(), &number, sizeof number);
        return out;
    }

    admission ask_about(lane which) { return subject.ask(which, next(), now); }
    kind ask(lane which) { return ask_about(which).step; }
    void end(lane which, const call_result& result = answered()) {
        subject.ended(which, next(), result, now);
    }

    // One whole call; false if it was not let go.
    bool call(lane which, const call_result& result = answered()) { return call(which, next(), result); }
    bool call(lane which, const asker& who, const call_result& result = answered()) {
        if (subject.ask(which, who, now).step != kind::go) return false;
        const auto found = subject.ended(which, who, result, now);
        held.assign(found.begin(), found.end());
        return true;
    }
    int calls(lane which, int most, const call_result& result = answered()) {
        int made = 0;
        while (made < most && call(which, result)) ++made;
        return made;
    }

    time_point now{1000s};
    std::uint64_t tokens = 0;
    governor_core subject;
    std::vector<failed_call> held;  // of the last call(...)
};

}  // namespace governor_tests
