#include <gate/proxy/upstream_party.hpp>

#include <algorithm>
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
    auth::client_id out;
    if (address.is_v4()) {
        std::ranges::copy(address.to_v4().to_bytes(), out.bytes.begin() + 12);
    } else {
        std::ranges::copy_n(address.to_v6().to_bytes().begin(), 8, out.bytes.begin());
    }
    return out;
}

auth::account_records::key upstream_party::key() const noexcept {
    const auto& records = sharing_.records_;
    return *who_ ? records.key_of(who_->account_id()) : records.key_of(client_id_of(*address_));
}

void upstream_party::take() noexcept {
    assert(!is_linked() && "an exchange holds one connection");
    sharing_.uncounted_.push_back(*this);
}

void upstream_party::give_back() noexcept {
    unlink();
    if (record_ != nullptr) auth::account_records::give_back(std::exchange(record_, nullptr));
}

bool upstream_party::has_its_share() const noexcept {
    return sharing_.is_used_up_by(key());
}

upstream_sharing::upstream_sharing(auth::account_records& records, const config::limit_options& limits,
                                   std::size_t here) noexcept
    : records_(records) {
    configure(limits, here);
}

void upstream_sharing::configure(const config::limit_options& limits, std::size_t here) noexcept {
    in_all_ = share_of(limits.upstream_connections, limits.upstream_share);
    here_ = share_of(here, limits.upstream_share);
    is_limited_ = in_all_ < limits.upstream_connections;
}

void upstream_sharing::count_all() noexcept {
    for (auto& each : uncounted_) {
        each.key_ = each.key();
        each.record_ = records_.take(each.key_);
    }
    counted_.splice(counted_.end(), uncounted_);
}

// Each worker has its own part of the connections. Of that, too, nobody may hold more than a share: else one
// party could take all that one worker has before it holds its share of all.
bool upstream_sharing::is_used_up_by(auth::account_records::key whose) noexcept {
    count_all();
    const std::size_t held = records_.held(whose);
    if (held >= in_all_ || held < here_) return held >= in_all_;
    const auto held_here = std::ranges::count_if(
        counted_, [&](const upstream_party& each) { return each.key_.bits == whose.bits; });
    return static_cast<std::size_t>(held_here) >= here_;
}

}  // namespace gate::proxy
