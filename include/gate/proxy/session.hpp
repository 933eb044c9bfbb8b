#pragma once
// One downstream connection: requests in, one after the other, until either side has had enough.

#include <gate/core/task.hpp>
#include <gate/net/stream.hpp>
#include <gate/proxy/context.hpp>
#include <gate/proxy/exchange.hpp>

#include <boost/intrusive/list.hpp>

#include <memory>

namespace gate::proxy {

class session : public boost::intrusive::list_base_hook<> {
public:
    // `where` outlives this object.
    session(context& where, core::tcp_socket socket, const core::tcp::endpoint& peer);

    // Serves the connection until it ends. The owner destroys the session afterwards.
    core::task<> run();

    // An idle connection ends now; a busy one after its response.
    void drain();
    // Ends now, whatever is under way.
    void cut() noexcept;

    const net::ip_address& client_address() const noexcept { return client_.address; }

private:
    core::task<afterwards> serve();
    core::task<bool> wait_for_request();
    core::task<core::result<std::size_t>> read_head();
    void carry_over();
    core::task<> linger();
    void count_as(telemetry::connection_state from, telemetry::connection_state to) noexcept;

    context& context_;
    net::stream downstream_;
    client client_;
    std::unique_ptr<exchange_memory> memory_;  // only while a request is here
    core::time_point started_{};               // of the request that is here
    std::size_t requests_ = 0;
    exchange* current_ = nullptr;
    bool idle_ = false;
};

}  // namespace gate::proxy
