#pragma once
// What answers the requests of `doctor --url` that have come all the way to this sidecar (proxy/echo.hpp). It
// listens on an abstract Unix socket, and serves this process alone.
//
//   .../echo       200, a JSON object: {"method", "fields": [[name, value], ...], "removed": [name, ...]}
//   .../later      503 with Retry-After: 7
//   .../events     an event stream: one event, and then nothing for as long as the client listens
//   .../websocket  101, one text frame ("echo"), and then nothing for as long as the client listens
//   others         404
//
// Each answer bears the mark "X-Sidecar-Echo: 1", by which it is told from what others answer on the way. No
// value of a field is shown, but how long it is: proxies on the way have secrets of their own.

#include <gate/core/asio.hpp>
#include <gate/net/connector.hpp>

#include <boost/beast/http/fields.hpp>
#include <boost/beast/http/message.hpp>

#include <memory>
#include <string>

namespace gate::app {

// Belongs to the thread that runs its executor.
class echo_server {
public:
    static constexpr const char* mark = "X-Sidecar-Echo";
    // Simultaneously, of one request each; further ones are closed.
    static constexpr std::size_t max_connections = 16;
    static constexpr std::size_t max_requests = 500;  // in all; further ones are not answered
    static constexpr core::duration default_patience{10'000};

    // `patience`: for a request, and for a client that only listens. Throws std::system_error.
    explicit echo_server(const core::executor& executor, core::duration patience = default_patience);
    // Closes.
    ~echo_server();
    echo_server(const echo_server&) = delete;
    echo_server& operator=(const echo_server&) = delete;

    core::stream_protocol::endpoint address() const;
    std::size_t requests() const noexcept;

private:
    struct state;
    std::shared_ptr<state> state_;  // shared with the connections under way
};

// The body that shows a request: pure.
std::string shown_request(const boost::beast::http::request_header<>& head);

}  // namespace gate::app
