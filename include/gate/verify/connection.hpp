#pragma once
// One connection to Gate, plain or TLS, for one exchange at a time. Belongs to one thread.

#include <gate/core/asio.hpp>
#include <gate/core/task.hpp>

#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace gate::verify {

class connection {
public:
    // Plain when `tls` is null. `host` is what the certificate must be for: a name, or an IP address.
    connection(const core::executor& executor, boost::asio::ssl::context* tls, std::string host);

    // Connects and shakes hands; verifies the chain and the host name (rule 17), names the host by SNI.
    core::task<core::error_code> open(core::tcp::endpoint to);

    struct received {
        core::error_code failure;
        bool any_byte = false;    // of a response
        bool persistent = false;  // usable for another exchange
        boost::beast::http::response<boost::beast::http::string_body> response;
    };

    // Sends `request` and reads one final response. `request` stays until then.
    core::task<received> exchange(std::string_view request);

    // Whether the peer has neither closed nor said anything since the last exchange.
    bool is_quiet();

    // Why the peer's certificate was refused, or "".
    std::string_view tls_problem() const;

    core::tcp_socket& socket() noexcept { return socket_; }

private:
    using parser = boost::beast::http::response_parser<boost::beast::http::string_body>;

    core::error_code prepare_tls();
    core::task<core::error_code> send(std::string_view request);
    core::task<core::error_code> fill();
    core::task<core::error_code> read(parser& into, received& out);
    bool has_leftovers();

    std::string host_;
    core::tcp_socket socket_;
    std::optional<boost::asio::ssl::stream<core::tcp_socket&>> tls_;
    boost::beast::flat_buffer buffer_;
};

}  // namespace gate::verify
