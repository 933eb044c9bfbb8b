#pragma once
// What became of a token. Allow is a value of an enumeration (rule 15). It begins with Gate's parsed answer
// (verify/codec.cpp), which another replica may have had; the caches keep that, and only the authenticator
// says it again.

#include <gate/core/clock.hpp>
#include <gate/core/reason.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace gate::auth {

using core::verdict;

enum class cache_state : std::uint8_t {
    none,       // the caches were not asked
    hit,        // vouched for within the TTL
    miss,       // never seen, or long ago
    expired,    // vouched for before, asked again now
    coalesced,  // joined a verification that was under way
    negative,   // refused within the negative TTL
    stale,      // past the TTL, within the grace
    fleet,      // nobody here knew it, and another replica asked Gate
};
std::string_view to_string(cache_state state) noexcept;

// Who a verified token stands for. A value that holds its texts itself, so that a hit hands it out without
// allocating, and without a count of references that every worker would write to. Copies what is in use.
class identity {
public:
    static constexpr std::size_t max_header_name = 128;  // bytes; the configuration allows no more
    static constexpr std::size_t max_account_id = 256;   // bytes; the codec allows no more, and visible ASCII

    identity() noexcept {}  // no account
    identity(const identity& other) noexcept { *this = other; }
    identity& operator=(const identity& other) noexcept;

    explicit operator bool() const noexcept { return size_ != 0; }

    // Empty without an account. Valid as long as this object, and until it is assigned to.
    std::string_view account_id() const noexcept { return {text_ + begin_, std::size_t{size_} - begin_}; }
    // "X-Gate-Account-Id: gacct_...\r\n", ready-made
    std::string_view header_line() const noexcept { return {text_, size_ == 0 ? 0 : size_ + std::size_t{2}}; }

private:
    // Nobody else makes one of somebody.
    friend class authenticator;
    friend class access;
    friend struct identity_for_tests;  // tests/support/made_identity.hpp

    // identity_begin: "X-Gate-Account-Id: ". Precondition: core::is_account_id(account_id). Throws
    // std::length_error for what is longer than the bounds.
    void assign(std::string_view identity_begin, std::string_view account_id);

    // The same account under another header. No account remains no account.
    void put_under(std::string_view identity_begin);

    std::uint16_t begin_ = 0;  // of the account id
    std::uint16_t size_ = 0;   // without the CRLF at the end
    char text_[max_header_name + 2 + max_account_id + 2];
};

struct decision {
    core::verdict verdict = core::verdict::unavailable;
    core::reason reason = core::reason::none;
    auth::identity identity;  // somebody exactly when a token made verdict allow
    cache_state cache = cache_state::none;
    core::duration age{0};                       // since Gate was asked; of answers from a cache
    std::chrono::seconds retry_after{0};         // of unavailable; 0: not known
    core::time_point fresh_until = core::never;  // of allow by a token: verify it again from then on
    bool refresh = false;                        // of a hit: see authenticator::refresh
    std::string request_id;                      // Gate's, of the answer; empty on hits
    int gate_status = 0;                         // of its response; 0: none, or another replica asked
};

}  // namespace gate::auth
