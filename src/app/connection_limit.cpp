#include <gate/app/connection_limit.hpp>

#include <functional>

namespace gate::app {

std::size_t connection_limit::address_hash::operator()(const net::ip_address& address) const noexcept {
    return std::hash<net::ip_address>{}(address);
}

bool connection_limit::enter_as_client(const net::ip_address& address, std::size_t most) {
    const core::lock_guard lock(mutex_);
    auto& count = clients_[address];
    if (count >= most) return false;
    ++count;
    return true;
}

bool connection_limit::place::count_as(const net::ip_address& address) {
    const auto most = owner_->per_client_.load(std::memory_order_relaxed);
    if (most == 0 || is_counted_) return true;
    if (!owner_->enter_as_client(address, most)) return false;
    address_ = address;
    is_counted_ = true;
    return true;
}

void connection_limit::leave(const place& left) noexcept {
    taken_.fetch_sub(1, std::memory_order_relaxed);
    if (!left.is_counted_) return;
    const core::lock_guard lock(mutex_);
    const auto found = clients_.find(left.address_);
    if (--found->second == 0) clients_.erase(found);
}

}  // namespace gate::app
