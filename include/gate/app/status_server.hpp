#pragma once
// A small HTTP server for operating endpoints: the status listener and the admin listener are one each. A
// cold path on the control thread: nothing here is tuned, everything is bounded.
//
// Not thread-safe: made, used and closed on the thread that runs its io_context.

#include <gate/config/config.hpp>
#include <gate/core/asio.hpp>
#include <gate/core/result.hpp>

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace gate::app {

struct endpoint_reply {
    unsigned status = 200;
    std::string content_type = "text/plain; charset=utf-8";
    std::string body{};
};

class status_server {
public:
    static constexpr std::size_t max_connections = 100;     // the one that dawdles longest goes
    static constexpr std::size_t max_head_size = 8 * 1024;  // bytes; larger: 431
    static constexpr std::size_t max_body_size = 1024;      // bytes; larger: 413
    static constexpr core::duration default_patience{10'000};

    // Answers one request. Called on the thread of the io_context; what it throws becomes a 500.
    using handler = std::function<endpoint_reply()>;

    // Listens on `where`, an address literal; port 0 takes any free one. The error is that of the socket
    // call, or invalid_argument for a host that is no address. `patience`: how long a connection may take for
    // a request, from the end of the one before, or for taking the reply. `control` must outlive this object.
    static core::result<std::unique_ptr<status_server>> open(core::asio::io_context& control,
                                                             const config::endpoint& where,
                                                             core::duration patience = default_patience);

    // Closes.
    ~status_server();
    status_server(const status_server&) = delete;
    status_server& operator=(const status_server&) = delete;

    // Serves `method` at exactly `path`, without its query; GET serves HEAD too. Another path is a 404,
    // another method a 405 with Allow (RFC 9110 15.5.6).
    void handle(std::string_view method, std::string_view path, handler answer);

    core::tcp::endpoint local() const;

    // Stops listening and closes all connections. Idempotent.
    void close();

private:
    struct state;
    explicit status_server(std::shared_ptr<state> opened);

    std::shared_ptr<state> state_;  // shared with the connections under way
};

}  // namespace gate::app
