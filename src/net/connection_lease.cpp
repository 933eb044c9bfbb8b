#include <gate/net/connection_pool.hpp>
#include <gate/net/tls_handshake.hpp>

#include <utility>

namespace gate::net {

using lease = connection_pool::lease;

// Precondition: the connection holds a slot, and is counted for `holder`.
lease::lease(connection_pool& pool, std::unique_ptr<connection> leased, bool reused, party* holder) noexcept
    : pool_(&pool), holder_(holder), connection_(std::move(leased)), reused_(reused) {
    pool.change_leased(pool.leased_ + 1);
    pool.report();
}

lease::lease(lease&& other) noexcept
    : pool_(std::exchange(other.pool_, nullptr)),
      holder_(std::exchange(other.holder_, nullptr)),
      connection_(std::move(other.connection_)),
      reused_(other.reused_) {}

lease& lease::operator=(lease&& other) noexcept {
    drop();
    pool_ = std::exchange(other.pool_, nullptr);
    holder_ = std::exchange(other.holder_, nullptr);
    connection_ = std::move(other.connection_);
    reused_ = other.reused_;
    return *this;
}

stream& lease::operator*() const noexcept {
    return *connection_->bytes;
}

void lease::note_tls_failure() noexcept {
    if (pool_->with_.insecure == nullptr) return;
    pool_->with_.insecure->note(core::reason::upstream_tls_failed, failure_text_of(**this));
}

void lease::give_back(core::time_point now) {
    if (!connection_) return drop();
    if (auto* holder = std::exchange(holder_, nullptr)) holder->give_back();
    std::exchange(pool_, nullptr)->park(std::move(connection_), now);
}

void lease::drop() noexcept {
    connection_.reset();
    if (auto* holder = std::exchange(holder_, nullptr)) holder->give_back();
    if (auto* pool = std::exchange(pool_, nullptr)) pool->close_leased();
}

}  // namespace gate::net
