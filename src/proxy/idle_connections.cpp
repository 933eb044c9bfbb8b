#include <gate/proxy/idle_connections.hpp>

namespace gate::proxy {

idle_connection* idle_connections::first() noexcept {
    for (auto& each : queues_) {
        if (auto* const found = member_at(each, each.ends.after)) return found;
    }
    return nullptr;
}

idle_connection* idle_connections::next_after(idle_connection& one) noexcept {
    return member_at(queue_of(one), one.after);
}

}  // namespace gate::proxy
