#pragma once
// The addresses of a peer of ours. Looked up in the background, never on the way of a call that could go
// without: getaddrinfo has no deadline and no TTL.

#include <gate/core/asio.hpp>
#include <gate/core/clock.hpp>
#include <gate/core/task.hpp>

#include <memory>
#include <string>
#include <vector>

namespace gate::net {

using tcp_endpoints = std::vector<core::tcp::endpoint>;

// Belongs to one thread.
class resolver {
public:
    // Addresses are looked up again when they are older than `look_up_again`; a literal address never is.
    resolver(const core::executor& executor, std::string host, std::uint16_t port,
             core::duration look_up_again);

    // The addresses known. Waits only while there are none, until `deadline`. Errors: those of getaddrinfo,
    // asio::error::timed_out; once closed, operation_aborted.
    core::task<core::result<tcp_endpoints>> resolve(core::time_point deadline);

    // Who waits for an address soon gets an error, from the event loop, and so does who asks later. A look-up
    // that is under way goes on: see look_ups.hpp.
    void close();

    // None of the addresses answered: the next call looks again.
    void doubt();

private:
    struct state;
    static core::task<> look_up(std::shared_ptr<state> self);

    std::shared_ptr<state> state_;
};

}  // namespace gate::net
