#pragma once
// A connection to an operating listener, in clear text or with TLS: a stream for Beast.

#include "operating_tls.hpp"
#include "operator_reply.hpp"

#include <boost/asio/ssl/stream.hpp>

#include <memory>
#include <optional>
#include <utility>

namespace gate::app {

// Not movable.
class operator_connection {
public:
    using executor_type = core::executor;

    explicit operator_connection(operator_stream accepted) : transport_(std::move(accepted)) {}
    operator_connection(const operator_connection&) = delete;
    operator_connection& operator=(const operator_connection&) = delete;

    executor_type get_executor() { return transport_.get_executor(); }
    void expires_after(core::duration limit) { transport_.expires_after(limit); }
    void close() { transport_.close(); }

    // TLS from now on. False: it cannot be.
    awaitable<bool> shake_hands(std::shared_ptr<operating_tls> with) {
        with_ = std::move(with);
        tls_.emplace(transport_, with_->context());
        const auto [ec] = co_await tls_->async_handshake(core::asio::ssl::stream_base::server, use_awaitable);
        co_return !ec;
    }

    // The end of what is sent, so that it arrives (linger()).
    awaitable<void> end() {
        if (tls_) co_await tls_->async_shutdown(use_awaitable);
        core::error_code ignored;
        transport_.socket().shutdown(core::asio::socket_base::shutdown_send, ignored);
    }
    operator_stream& transport() noexcept { return transport_; }

    template <class Buffers, class Token>
    auto async_read_some(const Buffers& into, Token&& token) {
        if (tls_) return tls_->async_read_some(into, std::forward<Token>(token));
        return transport_.async_read_some(into, std::forward<Token>(token));
    }
    template <class Buffers, class Token>
    auto async_write_some(const Buffers& from, Token&& token) {
        if (tls_) return tls_->async_write_some(from, std::forward<Token>(token));
        return transport_.async_write_some(from, std::forward<Token>(token));
    }

private:
    operator_stream transport_;
    std::shared_ptr<operating_tls> with_;
    std::optional<core::asio::ssl::stream<operator_stream&>> tls_;
};

}  // namespace gate::app
