#pragma once
// HTTP and HTTPS calls of our own to one peer, through a pool of kept-alive connections.

#include <gate/client/connection.hpp>
#include <gate/client/failure.hpp>
#include <gate/client/request.hpp>
#include <gate/client/response.hpp>
#include <gate/config/config.hpp>
#include <gate/core/asio.hpp>
#include <gate/core/task.hpp>

#include <boost/asio/ssl/context.hpp>

#include <functional>
#include <memory>
#include <string>

namespace gate::client {

struct client_options {
    std::size_t max_idle = 32;  // connections kept for the next call; 0: none
    core::duration idle_timeout = std::chrono::seconds(30);
    core::duration resolve_again = std::chrono::seconds(30);  // a resolved name is used this long
    response_bounds bounds;
    clear_text plain = clear_text::loopback_only;
    // An answer of status 4xx or 5xx counts although it began before the peer had the whole request: for
    // large requests, to a peer whose answer decides nothing. Else it is none (rule 30).
    bool takes_early_refusals = false;
    std::string server_name;  // of the peer's certificate, and for SNI; empty: the host of the URL
    // False while the peer wants no calls at all. Asked when a connection is ready, which may have taken its
    // time. Empty: always true.
    std::function<bool()> may_send;
};

enum class connection_choice : std::uint8_t { any, fresh };

struct outcome {
    call_problem problem;     // failure::none: there is an answer
    unsigned times_sent = 0;  // the peer may have read the request so often
    bool repeated = false;    // it is that of the second try, on a new connection
    // Of any status; a redirect is not followed. An interim one (1xx) is the last of too many that came.
    response answer;
};

// Not thread-safe: belongs to the thread of `executor`. Outlives its calls: destroy it after they have ended,
// or after the io_context has stopped for good.
//
// One retry, on a fresh connection, when a reused one failed before any byte of the response: the peer may
// just have closed it (rule 23). Where asking twice would do harm, keep no connections.
class http_client {
public:
    // Calls url.host at url.port. `tls` is needed, and used, when url.tls. Throws std::invalid_argument.
    http_client(core::executor executor, const config::url& peer,
                std::shared_ptr<boost::asio::ssl::context> tls, client_options options = {});
    ~http_client();
    http_client(const http_client&) = delete;
    http_client& operator=(const http_client&) = delete;

    // The whole call ends by `deadline`: resolution, connection, handshake, exchange. `what` is read before
    // this returns. Never throws for what a network or the peer does.
    core::task<outcome> call(const request& what, core::time_point deadline,
                             connection_choice which = connection_choice::any);

    // Connections under another `tls` are used to the end of their call, and not again.
    void use(std::shared_ptr<boost::asio::ssl::context> tls);

    // Closes the idle connections, and soon those of the calls under way, which end as if their time had
    // come; new calls fail. For the end of the program.
    void close();

    bool is_closed() const noexcept;
    std::size_t idle_connections() const noexcept;

private:
    struct impl;
    std::shared_ptr<impl> impl_;
};

}  // namespace gate::client
