#pragma once
// A governor_core with a clock of the test's, and calls as it sees them end.

#include <gate/auth/governor_core.hpp>

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
    out.why = reason::token_verified;
    out.took = 20ms;
    out.remaining = remaining;
    out.limit = limit;
    return out;
}

inline call_result failed(reason why = reason::gate_unreachable) {
    call_result out;
    out.why = why;
    out.took = 20ms;
    return out;
}

inline call_result refused(std::optional<unsigned> remaining = {}, std::optional<unsigned> limit = {}) {
    auto out = answered(remaining, limit);
    out.why = reason::token_invalid;
    return out;
}

inline call_result limited(std::chrono::seconds retry_after) {
    auto out = failed(reason::gate_rate_limited);
    out.retry_after = retry_after;
    return out;
}

struct fixture {
    explicit fixture(governor_core::options how = {}) : subject(how, 1) {}

    kind ask(lane which) { return subject.ask(which, now).what; }

    // One whole call; false if it was not let go.
    bool call(lane which, const call_result& result = answered()) {
        if (ask(which) != kind::go) return false;
        subject.ended(which, result, now);
        return true;
    }
    int calls(lane which, int most, const call_result& result = answered()) {
        int made = 0;
        while (made < most && call(which, result)) ++made;
        return made;
    }

    time_point now{1000s};
    governor_core subject;
};

}  // namespace governor_tests
