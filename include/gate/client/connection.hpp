#pragma once
// One connection, plain or TLS, that is asked one question at a time (rule 30).
//
// The types keep answers and questions together. A connection is closed to questions: settle() waits until it
// has been quiet for long enough, looks whether anything unexpected has arrived, and only then
// turns it into a quiet_connection. ask() uses that up, and reads one answer; what it gives back, if
// anything, is a connection that has to settle again.
//
// What remains: bytes that arrive between the look and the moment in which the request has reached the peer.
// On a network this is half a round trip, and ask() notices most of it: an answer that begins while the peer
// has not acknowledged the whole request is none. What a peer sends after that, it sends as an answer.

#include <gate/core/asio.hpp>
#include <gate/core/clock.hpp>
#include <gate/core/result.hpp>
#include <gate/core/task.hpp>

#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gate::client {

// How long a connection must have been quiet before it is asked, since it was opened or has answered last.
// Longer than it takes a peer to send what follows an answer, and shorter than it takes to open a connection.
inline constexpr core::duration quiet_time{10};

// Where a connection without TLS may go.
enum class clear_text : std::uint8_t {
    loopback_only,  // rule 17: what carries a secret
    anywhere,
};

// Belongs to one thread.
class connection {
public:
    // Plain when `tls` is null. `host` is what the certificate must be for: a name, or an IP address.
    connection(const core::executor& executor, boost::asio::ssl::context* tls, std::string host);

    // Connects and shakes hands; verifies the chain and the host name (rule 17), names the host by SNI.
    // Error, besides those of the network: access_denied where a plain connection would leave this machine
    // and may not.
    core::task<core::error_code> open(core::stream_protocol::endpoint to, clear_text plain);

    // Whether it was made under that context; null: whether it is plain.
    bool is_under(boost::asio::ssl::context* tls) const;

    // Why the peer's certificate was refused, or "".
    std::string_view tls_problem() const;

    // When it has been quiet for quiet_time, as far as is known without a look.
    core::time_point settles_at() const noexcept { return settles_at_; }

    // It settles no earlier than that.
    void rest_until(core::time_point when) noexcept { settles_at_ = std::max(settles_at_, when); }

    core::stream_socket& socket() noexcept { return socket_; }

private:
    friend class quiet_connection;

    core::error_code prepare_tls();
    core::error_code look();
    core::task<core::error_code> send(std::string_view request);
    void rest() noexcept;
    bool owes_acknowledgement();
    core::task<core::error_code> fill();

    std::string host_;
    core::stream_socket socket_;
    std::optional<boost::asio::ssl::stream<core::stream_socket&>> tls_;
    boost::beast::flat_buffer buffer_;
    core::time_point settles_at_{};
    bool is_persistent_ = false;  // as the head of the last response says
};

}  // namespace gate::client
