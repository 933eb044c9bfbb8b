#pragma once
// A socket that accepts connections, before an event loop has it.

#include <gate/config/config.hpp>
#include <gate/core/asio.hpp>
#include <gate/core/result.hpp>

#include <string>
#include <utility>

namespace gate::net {

class listening_socket {
public:
    // Several workers may listen at the same IP address and port; the kernel spreads connections over them
    // (SO_REUSEPORT).
    enum class sharing : std::uint8_t {
        none,
        first,    // no other socket may have the address yet
        further,  // with the first
    };

    // Binds and listens. Fails with the system's error. Precondition: where.is_tcp().
    static core::result<listening_socket> open(const config::listen_address& where, sharing share);

    // Of a descriptor that listens already, which this object closes.
    explicit listening_socket(int descriptor) noexcept : descriptor_(descriptor) {}
    listening_socket(listening_socket&& other) noexcept
        : descriptor_(std::exchange(other.descriptor_, -1)), is_lent_(other.is_lent_) {}
    listening_socket& operator=(listening_socket&& other) noexcept {
        std::swap(descriptor_, other.descriptor_);
        std::swap(is_lent_, other.is_lent_);
        return *this;
    }
    ~listening_socket();

    // The same socket for another event loop: a connection goes to whichever accepts it first.
    core::result<listening_socket> duplicate() const;

    // Somebody else listens with it when we do not any more: what waits in it is left to them.
    void set_lent() noexcept { is_lent_ = true; }
    bool is_lent() const noexcept { return is_lent_; }

    int descriptor() const noexcept { return descriptor_; }
    int release() noexcept { return std::exchange(descriptor_, -1); }

    bool is_unix() const noexcept;
    // As log and tests have it: the path of a Unix socket, with port 0; an IP address and its port.
    config::listen_address local() const;

private:
    int descriptor_ = -1;
    bool is_lent_ = false;
};

// To be set before accepting: accepted connections inherit them (tcp(7)). No effect on other sockets.
void probe_silent_peers(int descriptor) noexcept;

}  // namespace gate::net
