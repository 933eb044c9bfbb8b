#pragma once
// An accepting socket on a worker.

#include <gate/config/config.hpp>
#include <gate/core/asio.hpp>
#include <gate/core/result.hpp>
#include <gate/net/deadline_wheel.hpp>

#include <functional>
#include <memory>

namespace gate::net {

class listener {
public:
    // Takes over an accepted, non-blocking connection.
    using handler = std::function<void(core::tcp_socket socket, const core::tcp::endpoint& peer)>;

    // Several workers may listen on the same address; the kernel spreads connections over them
    // (SO_REUSEPORT).
    enum class sharing : std::uint8_t {
        none,
        first,    // no other socket may have the address yet
        further,  // with the first
    };

    // Binds and listens. Fails with the system's error; the host must be an address or a local name.
    static core::result<std::unique_ptr<listener>> open(core::executor executor, deadline_wheel& wheel,
                                                        const config::endpoint& where, sharing share);

    listener(core::tcp_acceptor acceptor, deadline_wheel& wheel);
    listener(const listener&) = delete;
    listener& operator=(const listener&) = delete;

    // Accepts from now on, on the executor's thread. When the process is out of descriptors it pauses for a
    // moment.
    void start(handler on_connection);
    // Takes what the kernel has accepted already, then stops. The listener stays until it is destroyed.
    void close();

    core::tcp::endpoint local() const;

private:
    void wait();
    void accept_batch(int most);

    core::tcp_acceptor acceptor_;
    handler on_connection_;
    deadline resume_;
};

}  // namespace gate::net
