#pragma once
// How long a connection rests after an answer, so that one that came early does no lasting harm (rule 30).
// Pure.
//
// An answer to no request may have been taken for that of a call, if it crossed the request. Then the real
// one is still to come, about as late as others did: until then its connection is not asked again, so that
// the error goes no further than that call.

#include <gate/core/clock.hpp>

#include <algorithm>
#include <utility>

namespace gate::client {

// Not for longer than this, for a call may wait for it.
inline constexpr core::duration longest_rest{100};

class answer_times {
public:
    // An answer to what was asked at `asked` has come at `now`. Until when its connection rests.
    core::time_point rest_after(core::time_point asked, core::time_point now) {
        add(now - asked, now);
        return std::min(asked + std::max(before_, current_), now + longest_rest);
    }

private:
    void add(core::time_point::duration took, core::time_point now) {
        if (now - began_ >= std::chrono::minutes(1)) {
            before_ = std::exchange(current_, {});
            began_ = now;
        }
        current_ = std::max(current_, took);
    }

    // The slowest answer of this minute, and of the one before.
    core::time_point began_{};
    core::time_point::duration before_{};
    core::time_point::duration current_{};
};

}  // namespace gate::client
