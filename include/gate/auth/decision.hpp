#pragma once
// What became of a token. Allow is a value of an enumeration, set in one place from one parsed answer (rule
// 15): never a bool, because "Gate said no" and "Gate could not be asked" are different things.

#include <gate/core/clock.hpp>
#include <gate/core/reason.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace gate::auth {

enum class verdict : std::uint8_t { allow, deny, unavailable };
std::string_view to_string(verdict what) noexcept;

enum class cache_state : std::uint8_t {
    none,       // the caches were not asked
    hit,        // vouched for within the TTL
    miss,       // never seen, or long ago
    expired,    // vouched for before, asked again now
    coalesced,  // joined a verification that was under way
    negative,   // refused within the negative TTL
    stale,      // past the TTL, within the grace
};
std::string_view to_string(cache_state state) noexcept;

// Who a verified token stands for. Shared by the cache entry and the requests that it lets through.
struct identity {
    std::string account_id;
    std::string header_line;  // "X-Gate-Account-Id: gacct_...\r\n", ready-made
};

// The account id was checked by the codec: visible ASCII, at most 256 bytes.
std::shared_ptr<const identity> make_identity(std::string_view header_name, std::string account_id);

struct decision {
    verdict what = verdict::unavailable;
    core::reason why = core::reason::none;
    std::shared_ptr<const identity> who;  // set exactly when what is allow
    cache_state cache = cache_state::none;
    core::duration age{0};                // since Gate was asked; of answers from a cache
    std::chrono::seconds retry_after{0};  // of unavailable; 0: not known
    core::duration gate_time{0};          // that this request waited for Gate
    std::string request_id;               // Gate's, of the answer; empty on hits
};

}  // namespace gate::auth
