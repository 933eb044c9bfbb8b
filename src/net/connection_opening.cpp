// How a pool opens a connection, and until when those that it has are as good as a new one.
#include <gate/net/connection_pool.hpp>

#include <algorithm>
#include <utility>

namespace gate::net {

core::task<core::result<connection_pool::entry>> connection_pool::open() {
    const auto changes = changes_;
    auto tls = tls_;
    const auto begun = core::clock::now();
    const auto until = begun + options_.connect_timeout;
    auto where = where_.get();
    if (!where) where = co_await where_.wait(until);
    auto made = co_await connect(executor_, wheel_, std::move(where), recent_.get(begun), until);
    if (!made) co_return made.error();
    if (tls.is_on()) {
        const auto secured = co_await secure(*made->bytes, std::move(tls), until, with_.insecure);
        if (!secured) co_return secured.error();
    }
    recent_.remember(made->address, core::clock::now());
    co_return entry(new connection{.pool = *this, .bytes = std::move(made->bytes), .changes = changes});
}

// Asks the kernel for the peer: that seldom, no connection needs to remember it.
bool connection_pool::leads_to_upstream(connection& candidate) noexcept {
    if (std::exchange(candidate.changes, changes_) < tls_changed_) return false;
    const auto addresses = where_.get();
    core::error_code ec;
    const auto peer = candidate.bytes->socket().remote_endpoint(ec);
    return !ec && addresses && std::ranges::find(*addresses, peer) != addresses->end();
}

void connection_pool::use(upstream_tls tls) noexcept {
    if (tls.is_same_as(tls_)) return;
    tls_ = std::move(tls);
    tls_changed_ = ++changes_;
    while (!idle_.empty()) close_idle(idle_.size() - 1);
}

void connection_pool::look_at_addresses() noexcept {
    where_.look();
    ++changes_;
    for (auto at = idle_.size(); at-- > 0;) {
        if (!leads_to_upstream(*idle_[at])) close_idle(at);
    }
}

}  // namespace gate::net
