#include <gate/net/known_addresses.hpp>

namespace gate::net {

core::task<known_addresses::list> known_addresses::wait(core::time_point until) {
    auto found = from_();
    while (!found && core::clock::now() < until) {
        core::timer due(executor_, until);
        waiting_.push_back(&due);
        co_await due.async_wait(core::use_task);
        std::erase(waiting_, &due);
        found = from_();
    }
    co_return found;
}

void known_addresses::look() noexcept {
    for (auto* each : waiting_) each->cancel();
}

}  // namespace gate::net
