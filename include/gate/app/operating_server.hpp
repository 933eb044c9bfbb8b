#pragma once
// A small HTTP server for operating endpoints: the status listener and the admin listener are one each. A
// cold path on the control thread: nothing here is tuned, everything is bounded. Connections take turns of
// one request each.
//
// Not thread-safe: made, used and closed on the thread that runs its io_context.

#include <gate/core/asio.hpp>
#include <gate/core/clock.hpp>
#include <gate/core/secret_string.hpp>
#include <gate/net/listening_socket.hpp>
#include <gate/net/tls_material.hpp>
#include <gate/telemetry/worker_metrics.hpp>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gate::app {

struct endpoint_reply {
    unsigned status = 200;
    std::string content_type = "text/plain; charset=utf-8";
    std::string body{};
    std::vector<std::pair<std::string, std::string>> fields{};  // further ones, such as Retry-After
};

struct endpoint_request {
    core::secret_string authorization;  // of the one field of that name; empty: none, or several
    core::secret_string body;           // may hold tokens
    std::string accept{};               // of all fields of that name, joined by commas
};

class operating_server {
public:
    // When one more comes, another is closed: one that has had an answer before one that waits for its first,
    // and not, if it can be helped, one whose late handler is at work; of each kind the one that has waited
    // longest.
    static constexpr std::size_t max_connections = 100;
    static constexpr std::size_t max_head_size = 8 * 1024;  // bytes; larger: 431
    static constexpr std::size_t max_body_size = 1024;      // bytes; larger: 413
    static constexpr std::size_t max_handshakes = 16;       // see net::arrival_slots
    static constexpr core::duration default_patience{10'000};
    static constexpr core::duration max_answer_time{
        65'000};  // of a late answer: the longest gate.timeout, and more

    // Answers one request. Called on the thread of the io_context; what it throws becomes a 500.
    using handler = std::function<endpoint_reply()>;

    // Answers all requests for one form of the answer that come until it is called, which is not long;
    // calling it may take some milliseconds. Else like a handler.
    using shared_handler = std::function<endpoint_reply(unsigned form)>;
    // Which form of the answer a request wants. Does not throw.
    using form_chooser = std::function<unsigned(const endpoint_request&)>;

    // Answers one request, now or later, by calling `done` once on the thread of the io_context; that returns
    // whether anybody still waits. What has not been answered after max_answer_time becomes a 504, and what
    // it throws a 500. The request's client may have gone by then.
    using answering = std::function<bool(endpoint_reply)>;
    using late_handler = std::function<void(endpoint_request request, answering done)>;

    // Accepts connections from `at`. `patience`: how long a connection may take for a request, from the end
    // of the one before, or for taking the reply; `answer_time`: how long a late handler may take. `control`
    // must outlive this object.
    operating_server(core::asio::io_context& control, std::vector<net::listening_socket> at,
                     core::duration patience = default_patience,
                     core::duration answer_time = max_answer_time);

    // Closes.
    ~operating_server();
    operating_server(const operating_server&) = delete;
    operating_server& operator=(const operating_server&) = delete;

    // Serves `method` at exactly `path`, without its query; GET serves HEAD too. Another path is a 404,
    // another method a 405 with Allow (RFC 9110 15.5.6).
    void handle(std::string_view method, std::string_view path, handler answer);
    void handle_shared(std::string_view method, std::string_view path, form_chooser form_of,
                       shared_handler answer);
    void handle_late(std::string_view method, std::string_view path, late_handler answer);

    // From now on, a request for another host is a 421: one that is neither an address, nor localhost, nor
    // one of `names`, whatever the case of its letters. A page that has made its name an address of ours (DNS
    // rebinding) can make a browser ask, but not for another host than its own. And what a browser sends for
    // a page of another origin is a 403, unless it is GET or HEAD.
    void serve_only_hosts(std::vector<std::string> names);

    // New connections speak TLS from now on, with these certificates; none do before the first call. Throws
    // std::runtime_error if OpenSSL cannot use them.
    void use_tls(std::shared_ptr<const net::server_tls_material> from);

    // Counts handshakes in `into`, which outlives the connections.
    void count_handshakes(telemetry::handshake_metrics& into);

    // Stops listening and closes all connections. Idempotent.
    void close();

private:
    struct state;

    std::shared_ptr<state> state_;  // shared with the connections under way
};

}  // namespace gate::app
