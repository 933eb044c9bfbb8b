#pragma once
// How many downstream connections there may be, in all and from one address (rule 24).

#include <gate/core/mutex.hpp>
#include <gate/net/address.hpp>

#include <atomic>
#include <cstddef>
#include <optional>
#include <unordered_map>
#include <utility>

namespace gate::app {

// Thread-safe.
class connection_limit {
public:
    // How far the limit may be exceeded while idle connections are being closed to make room.
    static constexpr std::size_t max_excess = 64;

    // per_client 0: no limit for one address.
    connection_limit(std::size_t in_all, std::size_t per_client) : in_all_(in_all), per_client_(per_client) {}

    // Applies other limits from now on. No connection loses its place. Connections that were accepted while
    // there was no limit per address do not count against a new one. Thread-safe.
    void configure(std::size_t in_all, std::size_t per_client) noexcept {
        in_all_.store(in_all, std::memory_order_relaxed);
        per_client_.store(per_client, std::memory_order_relaxed);
    }

    // A place; its destructor gives it back. Must not outlive the connection_limit.
    class place {
    public:
        place(place&& other) noexcept
            : owner_(std::exchange(other.owner_, nullptr)),
              address_(std::move(other.address_)),
              is_counted_(other.is_counted_) {}
        place& operator=(place&&) = delete;
        ~place() {
            if (owner_ != nullptr) owner_->leave(*this);
        }

        // From now on it counts among those of `address`, which was not known before. False: there are too
        // many of it.
        bool count_as(const net::ip_address& address);

    private:
        friend class connection_limit;
        place(connection_limit& owner, const net::ip_address& address, bool is_counted)
            : owner_(&owner), address_(address), is_counted_(is_counted) {}

        connection_limit* owner_;
        net::ip_address address_;
        bool is_counted_;  // among those of its address
    };

    // Nothing when there is no place for this address. When the limit is reached, `make_room()` is called. It
    // returns whether another connection closes, now or soon; then there is a place, up to max_excess over
    // the limit. `is_one_client`: the limit of an address holds for it.
    template <class MakeRoom>
    std::optional<place> enter(const net::ip_address& address, MakeRoom&& make_room,
                               bool is_one_client = true) {
        const auto per_client = is_one_client ? per_client_.load(std::memory_order_relaxed) : 0;
        if (per_client != 0 && !enter_as_client(address, per_client)) return std::nullopt;
        place taken(*this, address, per_client != 0);
        const auto before = taken_.fetch_add(1, std::memory_order_relaxed);
        const auto in_all = in_all_.load(std::memory_order_relaxed);
        if (before >= in_all && (before >= in_all + max_excess || !make_room())) return std::nullopt;
        return taken;
    }

    // Whether more places are taken than the limit allows.
    bool is_exceeded() const noexcept {
        return taken_.load(std::memory_order_relaxed) > in_all_.load(std::memory_order_relaxed);
    }

private:
    struct address_hash {
        std::size_t operator()(const net::ip_address& address) const noexcept;
    };

    bool enter_as_client(const net::ip_address& address, std::size_t most);
    void leave(const place& left) noexcept;

    std::atomic<std::size_t> in_all_;
    std::atomic<std::size_t> per_client_;
    std::atomic<std::size_t> taken_{0};
    core::mutex mutex_;
    std::unordered_map<net::ip_address, std::size_t, address_hash> clients_ GATE_GUARDED_BY(mutex_);
};

}  // namespace gate::app
