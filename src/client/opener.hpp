#pragma once
// Opens connections to the one peer of a client.

#include "socket_deadline.hpp"

#include <gate/client/http_client.hpp>
#include <gate/net/resolver.hpp>

namespace gate::client {

struct opened {
    std::unique_ptr<connection> own;  // null: see problem
    call_problem problem;
};

class opener {
public:
    // `limits` outlives it.
    opener(const core::executor& executor, const config::url& peer, deadlines& limits,
           const client_options& options)
        : executor_(executor),
          host_(options.server_name.empty() ? peer.host : options.server_name),
          socket_(peer.socket),
          plain_(options.plain),
          limits_(limits),
          addresses_(executor, peer.host, peer.port, options.resolve_again) {}

    // Plain when `tls` is null.
    core::task<opened> open(std::shared_ptr<boost::asio::ssl::context> tls, core::time_point deadline);

    // Who waits for an address waits no longer.
    void close() { addresses_.close(); }

private:
    using endpoints = std::vector<core::stream_protocol::endpoint>;
    core::task<opened> open_first_of(endpoints known, std::shared_ptr<boost::asio::ssl::context> tls,
                                     core::time_point deadline);

    core::executor executor_;
    std::string host_;    // of the certificate
    std::string socket_;  // the path of a Unix socket; else empty
    clear_text plain_;
    deadlines& limits_;
    net::resolver addresses_;
};

}  // namespace gate::client
