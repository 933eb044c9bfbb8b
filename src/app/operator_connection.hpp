#pragma once
// A connection to an operating listener, in clear text or with TLS: a stream for Beast.

#include "operator_reply.hpp"

#include <gate/app/arrival_places.hpp>
#include <gate/net/stream.hpp>
#include <gate/net/tls_context.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/compose.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <utility>

#include <sys/uio.h>

namespace gate::app {

// Tries until the socket has let something happen. Not a coroutine of our own, because what waits here may
// have to end with the io_context.
template <class Attempt>
class operator_attempt {
public:
    operator_attempt(net::stream& on, core::stream_socket::wait_type wait, Attempt attempt)
        : on_(on), wait_(wait), attempt_(std::move(attempt)) {}

    template <class Self>
    void operator()(Self& self, core::error_code ec = {}) {
        if (is_done_ || ec) return self.complete(is_done_ ? error() : ec, got_.bytes);
        got_ = attempt_();
        if (got_.would_block()) {
            is_first_ = false;
            on_.socket().async_wait(wait_, std::move(self));
            return;
        }
        is_done_ = true;
        if (!is_first_) return self.complete(error(), got_.bytes);
        // Nothing completes before the function that begins it has returned.
        core::asio::post(on_.socket().get_executor(), std::move(self));
    }

private:
    core::error_code error() const {
        if (got_.eof) return core::asio::error::eof;
        return got_.error == 0 ? core::error_code()
                               : core::error_code(got_.error, boost::system::system_category());
    }

    net::stream& on_;
    core::stream_socket::wait_type wait_;
    Attempt attempt_;
    net::io_result got_;
    bool is_first_ = true;
    bool is_done_ = false;
};

// Not movable. Belongs to the thread of its executor. Not final, because Asio derives from what it looks at.
class operator_connection : public arrival_place {
public:
    using executor_type = core::executor;

    // `wheel` outlives this object.
    operator_connection(core::stream_socket accepted, net::deadline_wheel& wheel);
    operator_connection(const operator_connection&) = delete;
    operator_connection& operator=(const operator_connection&) = delete;

    executor_type get_executor() { return bytes_.socket().get_executor(); }
    net::stream& connection() noexcept override { return bytes_; }

    // It is closed then, unless this is called again.
    void expires_after(core::duration limit) { due_.set(core::clock::now() + limit); }
    void close() noexcept;

    // TLS from now on, if it is `ok`. Ends when the connection is cut.
    awaitable<net::handshake_result> shake_hands(std::shared_ptr<net::server_tls> with);

    // The end of what is sent, so that it arrives (linger()).
    void end() noexcept { bytes_.shutdown_send(); }

    template <class Buffers, class Token>
    auto async_read_some(const Buffers& into, Token&& token) {
        const core::asio::mutable_buffer first = first_of<core::asio::mutable_buffer>(into);
        const auto attempt = [this, first] {
            return bytes_.try_read({static_cast<char*>(first.data()), first.size()});
        };
        return begin(core::stream_socket::wait_read, attempt, std::forward<Token>(token));
    }
    template <class Buffers, class Token>
    auto async_write_some(const Buffers& from, Token&& token) {
        const auto attempt = [this, pieces = pieces_of(from)] { return bytes_.try_write(pieces.all()); };
        return begin(core::stream_socket::wait_write, attempt, std::forward<Token>(token));
    }

private:
    // A whole answer goes out in one call: each field is a piece, and between two calls others have their
    // turn.
    struct piece_list {
        std::array<iovec, 64> each{};
        std::size_t count = 0;

        std::span<const iovec> all() const noexcept { return {each.data(), count}; }
    };

    template <class Buffer, class Buffers>
    static Buffer first_of(const Buffers& all) {
        for (auto at = core::asio::buffer_sequence_begin(all); at != core::asio::buffer_sequence_end(all);
             ++at) {
            const Buffer one = *at;
            if (one.size() > 0) return one;
        }
        return {};
    }
    template <class Buffers>
    static piece_list pieces_of(const Buffers& all) {
        piece_list out;
        for (auto at = core::asio::buffer_sequence_begin(all); at != core::asio::buffer_sequence_end(all);
             ++at) {
            const core::asio::const_buffer one = *at;
            if (one.size() == 0) continue;
            out.each[out.count++] = {const_cast<void*>(one.data()), one.size()};  // which is only read
            if (out.count == out.each.size()) break;
        }
        return out;
    }
    template <class Attempt, class Token>
    auto begin(core::stream_socket::wait_type wait, const Attempt& attempt, Token&& token) {
        return core::asio::async_compose<Token, void(core::error_code, std::size_t)>(
            operator_attempt<Attempt>(bytes_, wait, attempt), token, bytes_.socket());
    }

    net::stream bytes_;
    net::deadline due_;
    bool is_shaking_hands_ = false;
};

}  // namespace gate::app
