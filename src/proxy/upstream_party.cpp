#include <gate/proxy/upstream_party.hpp>

#include <cassert>
#include <utility>

namespace gate::proxy {
namespace {

// At least one.
std::size_t share_of(std::size_t connections, std::size_t percent) noexcept {
    return (connections * percent + 99) / 100;
}

}  // namespace

auth::client_id client_id_of(const net::ip_address& address) noexcept {
    return address.is_v4() ? auth::client_at(address.to_v4().to_bytes())
                           : auth::client_at(address.to_v6().to_bytes());
}

auth::account_records::key upstream_party::key() const noexcept {
    const auto& records = sharing_->records_;
    const auto whose =
        *identity_ ? records.key_of(identity_->account_id()) : records.key_of(client_id_of(*address_));
    return auth::account_records::within(sharing_->upstream_, whose);
}

void upstream_party::take(bool counted) noexcept {
    assert(!is_linked() && record_ == nullptr && "an exchange holds one connection");
    if (counted) {
        record_ = sharing_->records_.take(key());
    } else {
        sharing_->uncounted_.push_back(*this);
    }
}

void upstream_party::give_back() noexcept {
    unlink();
    if (record_ != nullptr) auth::account_records::give_back(std::exchange(record_, nullptr));
}

bool upstream_party::has_its_share() const noexcept {
    return sharing_->records_.held(key()) >= sharing_->share_.load(std::memory_order_relaxed);
}

upstream_sharing::upstream_sharing(auth::account_records& records, const config::limit_options& limits,
                                   std::uint64_t upstream) noexcept
    : records_(records), upstream_(upstream) {
    configure(limits);
}

void upstream_sharing::configure(const config::limit_options& limits) noexcept {
    const auto share = share_of(limits.upstream_connections, limits.upstream_share);
    share_.store(share, std::memory_order_relaxed);
    is_limited_ = share < limits.upstream_connections;
}

void upstream_sharing::count_all() noexcept {
    while (!uncounted_.empty()) {
        auto& first = uncounted_.front();
        uncounted_.pop_front();
        first.record_ = records_.take(first.key());
    }
}

}  // namespace gate::proxy
