#pragma once
// In which order, and when, the addresses of an upstream are tried (RFC 8305 in small). Pure: events and the
// time in, what to do next out. connector.cpp does it.

#include <gate/core/asio.hpp>
#include <gate/core/clock.hpp>
#include <gate/core/reason.hpp>

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace gate::net {

// Of TCP, or of Unix sockets.
using address_list = std::vector<core::stream_protocol::endpoint>;

// The address that was connected to last, for as long as that makes it the best one to begin with.
class recent_address {
public:
    static constexpr core::duration lasting{60'000};

    void remember(const core::stream_protocol::endpoint& address, core::time_point now) {
        address_ = address;
        until_ = now + lasting;
    }
    // Null: there is none.
    const core::stream_protocol::endpoint* get(core::time_point now) const noexcept {
        return address_ && now < until_ ? &*address_ : nullptr;
    }

private:
    std::optional<core::stream_protocol::endpoint> address_;
    core::time_point until_{};
};

// Indices into `addresses`: `first`, if it is among them, and then both families by turns (RFC 8305 4). They
// begin with the family of the first one, which is the one that the system prefers (RFC 6724).
std::vector<std::size_t> order_of_attempts(const address_list& addresses,
                                           const core::stream_protocol::endpoint* first);

// Attempts have numbers: 0 is the one that begins first.
class connect_attempts {
public:
    // How long one is waited for before the next one begins beside it (RFC 8305 5).
    static constexpr core::duration head_start{250};
    // A descriptor each: when another one is due, the oldest is given up.
    static constexpr std::size_t most_at_once = 4;

    struct action {
        enum class kind : std::uint8_t {
            begin,    // `attempt`, and say how it ends, unless it is abandoned before
            abandon,  // `attempt`
            wait,     // for one of them to end, or until `until`
            give_up,  // because of why()
        };
        kind step;
        std::size_t attempt = 0;
        core::time_point until{};
    };

    // So many addresses; all is over at `until`.
    connect_attempts(std::size_t addresses, core::time_point until) noexcept
        : addresses_(addresses), until_(until) {}

    action next(core::time_point now) noexcept;
    void has_failed(std::size_t attempt, core::reason why) noexcept;

    // The most telling failure.
    core::reason why() const noexcept { return failure_; }

private:
    void remove(std::size_t attempt) noexcept;

    const std::size_t addresses_;
    const core::time_point until_;
    std::array<std::size_t, most_at_once> under_way_{};  // the oldest first
    std::size_t count_ = 0;                              // of those
    std::size_t begun_ = 0;
    core::time_point next_due_ = core::time_point::min();
    core::reason failure_ = core::reason::upstream_unreachable;
};

}  // namespace gate::net
