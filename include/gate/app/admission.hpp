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
class admission {
public:
    // Places that may be taken beyond the limit while others are closed to make room for them.
    static constexpr std::size_t max_excess = 64;

    // per_client 0: no limit for one address.
    admission(std::size_t in_all, std::size_t per_client) : in_all_(in_all), per_client_(per_client) {}

    // A place, given back by its end. Must not outlive the admission.
    class place {
    public:
        place(place&& other) noexcept
            : owner_(std::exchange(other.owner_, nullptr)), address_(std::move(other.address_)) {}
        place& operator=(place&&) = delete;
        ~place() {
            if (owner_ != nullptr) owner_->leave(address_);
        }

    private:
        friend class admission;
        place(admission& owner, const net::ip_address& address) : owner_(&owner), address_(address) {}

        admission* owner_;
        net::ip_address address_;
    };

    // Nothing when there is no place for this address. When the house is full, `make_room()` is called; it
    // returns whether somebody else goes, now or soon: then there is a place, up to max_excess over the
    // limit.
    template <class MakeRoom>
    std::optional<place> enter(const net::ip_address& address, MakeRoom&& make_room) {
        if (!enter_as_client(address)) return std::nullopt;
        place taken(*this, address);
        const auto before = taken_.fetch_add(1, std::memory_order_relaxed);
        if (before >= in_all_ && (before >= in_all_ + max_excess || !make_room())) return std::nullopt;
        return taken;
    }

    // Whether more places are taken than there are.
    bool is_exceeded() const noexcept { return taken_.load(std::memory_order_relaxed) > in_all_; }

private:
    struct address_hash {
        std::size_t operator()(const net::ip_address& address) const noexcept;
    };

    bool enter_as_client(const net::ip_address& address);
    void leave(const net::ip_address& address) noexcept;

    const std::size_t in_all_;
    const std::size_t per_client_;
    std::atomic<std::size_t> taken_{0};
    core::mutex mutex_;
    std::unordered_map<net::ip_address, std::size_t, address_hash> clients_ GATE_GUARDED_BY(mutex_);
};

}  // namespace gate::app
