#pragma once
// For whom an exchange holds an upstream connection: the account, or the client address where there is none.

#include <gate/auth/account_records.hpp>
#include <gate/auth/decision.hpp>
#include <gate/config/config.hpp>
#include <gate/net/address.hpp>
#include <gate/net/connection_pool.hpp>

#include <boost/intrusive/list.hpp>

#include <atomic>

namespace gate::proxy {

// Whom to count an address for: an IPv6 one stands for its whole /64.
auth::client_id client_id_of(const net::ip_address& address) noexcept;

class upstream_sharing;

class upstream_party final
    : public net::party,
      public boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
public:
    // All outlive this object, or the next call. Precondition: it holds nothing. To be called before all
    // else.
    void be(const auth::identity& holder, const net::ip_address& address,
            upstream_sharing& sharing) noexcept {
        sharing_ = &sharing;
        identity_ = &holder;
        address_ = &address;
    }

    // Null where connections are not counted.
    inline net::party* counted() noexcept;

    void take(bool counted) noexcept override;
    void give_back() noexcept override;
    bool has_its_share() const noexcept override;

private:
    friend class upstream_sharing;
    auth::account_records::key key() const noexcept;

    upstream_sharing* sharing_ = nullptr;
    const auth::identity* identity_ = nullptr;
    const net::ip_address* address_ = nullptr;
    auth::account_records::record* record_ = nullptr;  // while it is counted
};

// How the connections to one upstream are shared (limits.upstream_share), as one worker sees it. Those who
// hold connections are not counted before it matters, which is when few are left: while there are plenty,
// sharing costs next to nothing. Belongs to its worker; the records are common to all.
class upstream_sharing final : public net::party_counter {
public:
    // `records` outlives this object. `upstream`: a number of its own for each upstream, the same on all
    // workers.
    upstream_sharing(auth::account_records& records, const config::limit_options& limits,
                     std::uint64_t upstream = 0) noexcept;

    // Other limits from now on. Who holds a connection that was leased while connections were not counted
    // stays uncounted for it.
    void configure(const config::limit_options& limits) noexcept;

    void count_all() noexcept override;

private:
    friend class upstream_party;
    using holders = boost::intrusive::list<upstream_party, boost::intrusive::constant_time_size<false>>;

    auth::account_records& records_;
    const std::uint64_t upstream_;
    std::atomic<std::size_t> share_{0};  // other workers ask, too, whether somebody has it
    bool is_limited_ = false;
    holders uncounted_;  // on this worker
};

inline net::party* upstream_party::counted() noexcept {
    return sharing_->is_limited_ ? this : nullptr;
}

}  // namespace gate::proxy
