#include <gate/auth/decision.hpp>

#include <cstring>
#include <stdexcept>

namespace gate::auth {

std::string_view to_string(cache_state state) noexcept {
    switch (state) {
        case cache_state::hit: return "hit";
        case cache_state::miss: return "miss";
        case cache_state::expired: return "expired";
        case cache_state::coalesced: return "coalesced";
        case cache_state::negative: return "negative";
        case cache_state::stale: return "stale";
        case cache_state::fleet: return "fleet";
        case cache_state::none: break;
    }
    return "none";
}

identity& identity::operator=(const identity& other) noexcept {
    if (this == &other) return *this;
    begin_ = other.begin_;
    size_ = other.size_;
    if (size_ != 0) std::memcpy(text_, other.text_, size_ + std::size_t{2});
    return *this;
}

void identity::assign(std::string_view identity_begin, std::string_view account_id) {
    if (identity_begin.size() > max_header_name + 2 || account_id.size() > max_account_id) {
        throw std::length_error("an identity that nobody has checked");
    }
    std::memcpy(text_, identity_begin.data(), identity_begin.size());
    std::memcpy(text_ + identity_begin.size(), account_id.data(), account_id.size());
    begin_ = static_cast<std::uint16_t>(identity_begin.size());
    size_ = static_cast<std::uint16_t>(identity_begin.size() + account_id.size());
    std::memcpy(text_ + size_, "\r\n", 2);
}

void identity::put_under(std::string_view identity_begin) {
    if (size_ == 0 || header_line().substr(0, begin_) == identity_begin) return;
    const std::string account(account_id());
    assign(identity_begin, account);
}

}  // namespace gate::auth
