#include <gate/app/admission.hpp>

#include <functional>

namespace gate::app {

std::size_t admission::address_hash::operator()(const net::ip_address& address) const noexcept {
    return std::hash<net::ip_address>{}(address);
}

bool admission::enter_as_client(const net::ip_address& address) {
    if (per_client_ == 0) return true;
    const core::lock_guard lock(mutex_);
    auto& count = clients_[address];
    if (count >= per_client_) return false;
    ++count;
    return true;
}

void admission::leave(const net::ip_address& address) noexcept {
    taken_.fetch_sub(1, std::memory_order_relaxed);
    if (per_client_ == 0) return;
    const core::lock_guard lock(mutex_);
    const auto found = clients_.find(address);
    if (--found->second == 0) clients_.erase(found);
}

}  // namespace gate::app
