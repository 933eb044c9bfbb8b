#pragma once
// How many tokens that Gate refuses an address may try (rule 24): a scanner that sends random agt_ strings
// would spend the calls of everybody. Asked only for tokens that no cache knows and that Gate has not
// accepted lately, so that agents with valid tokens at the same address are not affected.

#include <gate/auth/client_id.hpp>
#include <gate/core/clock.hpp>
#include <gate/core/mutex.hpp>

#include <cstdint>
#include <list>
#include <unordered_map>

namespace gate::auth {

// A bucket for each client: it holds `tokens`, and fills up in `window`. Of too many clients the one that has
// not failed for longest is forgotten. Thread-safe; O(1).
class failed_tokens {
public:
    struct options {
        std::size_t tokens = 30;  // 0: no limit
        core::duration window{60'000};
        std::size_t clients = 10'000;
    };
    // seed: without knowing it, no client can choose addresses that share a place in the table.
    failed_tokens(const options& how, std::uint64_t seed);

    // Other numbers from now on; but for `clients`, which stays. Who had tried all that he may has to wait as
    // long as before, or for the new window where that is shorter.
    void configure(const options& how);

    // 0: it may try another token. Else how long until it may: whole seconds, at least 1.
    std::chrono::seconds time_left(const client_id& who, core::time_point now);

    // Gate has refused a token of `who`, or a call for it has failed while others were answered.
    void add(const client_id& who, core::time_point now);

    std::size_t clients() const;

private:
    struct entry {
        client_id client;
        core::time_point full_at;  // when the bucket will be full again
    };
    struct hash {
        std::uint64_t seed;
        std::size_t operator()(const client_id& who) const noexcept;
    };

    const std::size_t max_clients_;
    mutable core::mutex mutex_;
    core::duration window_ GATE_GUARDED_BY(mutex_){0};
    core::time_point::duration per_token_ GATE_GUARDED_BY(mutex_){0};  // 0: no limit
    std::list<entry> order_ GATE_GUARDED_BY(mutex_);                   // who failed last is in front
    std::unordered_map<client_id, std::list<entry>::iterator, hash> places_ GATE_GUARDED_BY(mutex_);
};

}  // namespace gate::auth
