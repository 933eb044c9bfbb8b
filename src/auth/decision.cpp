#include <gate/auth/decision.hpp>

#include <utility>

namespace gate::auth {

std::string_view to_string(verdict what) noexcept {
    switch (what) {
        case verdict::allow: return "allow";
        case verdict::deny: return "deny";
        case verdict::unavailable: break;
    }
    return "unavailable";
}

std::string_view to_string(cache_state state) noexcept {
    switch (state) {
        case cache_state::hit: return "hit";
        case cache_state::miss: return "miss";
        case cache_state::expired: return "expired";
        case cache_state::coalesced: return "coalesced";
        case cache_state::negative: return "negative";
        case cache_state::stale: return "stale";
        case cache_state::none: break;
    }
    return "none";
}

std::shared_ptr<const identity> make_identity(std::string_view header_name, std::string account_id) {
    std::string line;
    line.reserve(header_name.size() + account_id.size() + 4);
    line.append(header_name).append(": ").append(account_id).append("\r\n");
    return std::make_shared<const identity>(identity{std::move(account_id), std::move(line)});
}

}  // namespace gate::auth
