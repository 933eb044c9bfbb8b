#include <gate/client/kept_connections.hpp>

#include <algorithm>
#include <iterator>
#include <utility>

namespace gate::client {

void kept_connections::keep(std::unique_ptr<connection> used, core::time_point now) {
    if (kept_.size() < max_) kept_.push_back({std::move(used), now});
}

std::unique_ptr<connection> kept_connections::take(core::time_point now) {
    drop_old(now);
    if (kept_.empty()) return nullptr;
    const auto settled = std::find_if(kept_.rbegin(), kept_.rend(),
                                      [&](const kept& each) { return each.own->settles_at() <= now; });
    const auto chosen = settled == kept_.rend() ? kept_.begin() : std::prev(settled.base());
    auto out = std::move(chosen->own);
    kept_.erase(chosen);
    return out;
}

void kept_connections::drop_old(core::time_point now) {
    std::erase_if(kept_, [&](const kept& each) { return now - each.since >= idle_timeout_; });
}

void kept_connections::drop_others(boost::asio::ssl::context* tls) {
    std::erase_if(kept_, [&](const kept& each) { return !each.own->is_under(tls); });
}

}  // namespace gate::client
