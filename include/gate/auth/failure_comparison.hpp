#pragma once
// Whose fault a failed call is (rule 28). Pure; not thread-safe.
//
// A call that fails while Gate answers for other tokens says something about its token and about who has sent
// it: an address that sends `agt_../../etc/passwd` makes the firewall before Gate close the connection, and
// must not have Gate taken for broken. While nothing is answered there is nothing to compare with: such
// failures say nothing about anybody.

#include <gate/auth/lane.hpp>
#include <gate/core/clock.hpp>

#include <array>
#include <vector>

namespace gate::auth {

struct failed_call {
    lane which = lane::known;
    auth::asker asker;
    core::time_point began;
    core::time_point ended;
    bool is_counted = false;  // already: against the client's address, and as wasted
};

class failure_comparison {
public:
    // An answer for another token tells something about a call that it follows by no more than this.
    static constexpr core::duration comparable{3'000};
    // Failures that wait for a comparison, of each kind of token: the latest ones.
    static constexpr std::size_t max_failures = 32;
    using held = std::vector<failed_call>;  // failed while other tokens' calls were answered

    // A call has failed. Appends it to `out` if another token's call was answered since it began.
    void note_failure(const failed_call& call, held& out);
    // A call for `token` was answered. Appends to `out` what failed shortly before for other tokens.
    void note_answer(const token_key& token, core::time_point now, held& out);
    // Gate has failed for all: no client is to blame for what has failed so far.
    void forget() noexcept;

private:
    struct answer {
        token_key token;
        core::time_point at = core::time_point::min();
    };
    struct recent {
        std::array<failed_call, max_failures> calls;
        std::size_t size = 0;
        std::size_t next = 0;  // where the next one goes
        void add(const failed_call& call);
    };

    core::time_point last_answer_to_another(const token_key& token) const noexcept;

    recent known_;  // apart, so that no flood of unknown tokens pushes them out
    recent unknown_;
    answer last_;
    answer last_of_another_;  // than the token of last_
};

}  // namespace gate::auth
