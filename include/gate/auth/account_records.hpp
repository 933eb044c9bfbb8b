#pragma once
// What each account holds at the moment, and each client address without an account: so far its upstream
// connections (rule 27). Shared by all workers. Thread-safe, without a lock.
//
// Records are found by a hash under a secret seed, in sets of eight. A record that holds nothing is given to
// the next account that needs one; one that holds something is never taken away. So the number of records is
// bounded, and a flood of new accounts evicts no existing one. An account that finds its set full is counted
// in one record together with all others of that fate: it may be granted less than its share then, never
// more. As the accounts that hold something are no more than the upstream connections, this happens only
// where limits.accounts is hardly larger.

#include <gate/auth/failed_tokens.hpp>
#include <gate/core/random.hpp>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string_view>

namespace gate::auth {

class account_records {
public:
    // seed: without knowing it, no client can choose addresses that share a set.
    explicit account_records(std::size_t most, std::uint64_t seed = core::random_number());

    // Stands for an account, or for an address.
    struct key {
        std::uint64_t bits;
    };
    key key_of(std::string_view account_id) const noexcept;
    key key_of(const client_id& address) const noexcept;
    // What it holds of one part of all that there is, such as one of several upstreams; 0: the whole.
    static key within(std::uint64_t part, key whose) noexcept;

    // How many connections one account holds, and whose they are.
    using record = std::uint64_t;

    // Counts one more. Give it back with the record that is returned; never null.
    record* take(key whose) noexcept;
    static void give_back(record* from) noexcept;

    std::uint32_t held(key whose) const noexcept;

private:
    struct release {
        void operator()(record* memory) const noexcept { std::free(memory); }
    };
    record* set_of(key whose) const noexcept;

    std::size_t ways_;  // of a set
    std::size_t sets_;
    std::uint64_t seed_;
    std::unique_ptr<record[], release> memory_;  // zero pages of the kernel's until they are used
    record* records_;
    mutable record others_ = 0;  // of all who find their set full
};

}  // namespace gate::auth
