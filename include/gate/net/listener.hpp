#pragma once
// An accepting socket on a worker.

#include <gate/core/asio.hpp>
#include <gate/core/result.hpp>
#include <gate/net/deadline_wheel.hpp>
#include <gate/net/listening_socket.hpp>
#include <gate/net/remote.hpp>

#include <functional>

namespace gate::net {

class listener {
public:
    // Takes over an accepted, non-blocking connection.
    using handler = std::function<void(core::stream_socket socket, const remote& from)>;

    // `wheel` outlives this object. Precondition: `opened` has a descriptor.
    listener(core::executor executor, deadline_wheel& wheel, listening_socket opened);
    listener(const listener&) = delete;
    listener& operator=(const listener&) = delete;

    // Accepts from now on, on the executor's thread. When the process is out of descriptors it pauses for a
    // moment.
    void start(handler on_connection);
    // Takes what the kernel has accepted already, unless somebody else has the socket too, then stops. The
    // listener stays until it is destroyed.
    void close();

private:
    void wait();
    void accept_batch(int most);
    int accept_one(remote& from);

    const bool is_lent_;
    const bool is_unix_;
    core::stream_acceptor acceptor_;
    handler on_connection_;
    deadline resume_;
};

}  // namespace gate::net
