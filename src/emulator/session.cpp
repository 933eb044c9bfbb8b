#include <gate/emulator/control.hpp>
#include <gate/emulator/session.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>

#include <array>

namespace gate::emulator {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using namespace std::chrono_literals;

constexpr std::uint32_t head_limit = 16 * 1024;
constexpr std::uint64_t body_limit = 64 * 1024;
constexpr std::uint64_t control_body_limit = 4 * 1024 * 1024;  // raw faults may be long
constexpr auto handshake_timeout = 10s;
constexpr auto body_timeout = 10s;
constexpr auto write_timeout = 30s;
constexpr auto linger_timeout = 1s;

constexpr asio::as_tuple_t<asio::use_awaitable_t<core::executor>> use_tuple{};

using plain_stream = beast::basic_stream<asio::ip::tcp, core::executor>;
using tls_stream = asio::ssl::stream<plain_stream>;

// What came in: a call to answer, or (status not 0) why there is none.
struct incoming {
    request call;
    unsigned refusal = 0;
    bool keep_alive = false;
    bool ended = false;  // the client has gone
};

struct open_connection {
    counters& counts;
    explicit open_connection(counters& c) : counts(c) { ++counts.connections_open; }
    ~open_connection() { --counts.connections_open; }
    open_connection(const open_connection&) = delete;
    open_connection& operator=(const open_connection&) = delete;
};

std::string text(beast::string_view view) {
    return {view.data(), view.size()};
}

incoming failed_read(const core::error_code& error) {
    incoming in;
    const core::error_code end_of_stream = http::error::end_of_stream;
    if (error == http::error::header_limit) {
        in.refusal = 431;
    } else if (error == http::error::body_limit) {
        in.refusal = 413;
    } else if (error.category() == end_of_stream.category() && error != end_of_stream &&
               error != http::error::partial_message) {
        in.refusal = 400;
    } else {
        in.ended = true;
    }
    return in;
}

template <class Stream>
class session {
public:
    session(Stream stream, fake_gate& gate, session_options options)
        : stream_(std::move(stream)), gate_(gate), options_(options) {}

    Stream& stream() { return stream_; }

    awaitable<> run() {
        for (bool open = true; open;) {
            incoming in = co_await read_request();
            if (in.ended) co_return;
            outcome result = decide(in);
            open = co_await deliver(result, in);
        }
        co_await say_goodbye();
    }

private:
    using parser = http::request_parser<http::string_body>;

    plain_stream& transport() { return beast::get_lowest_layer(stream_); }

    awaitable<incoming> read_request() {
        parser in;
        in.header_limit(head_limit);
        in.body_limit(options_.role == serves::control ? control_body_limit : body_limit);
        transport().expires_never();
        if (options_.idle_timeout.count() != 0) transport().expires_after(options_.idle_timeout);
        auto [head_error, head_size] = co_await http::async_read_header(stream_, buffer_, in, use_tuple);
        if (head_error) co_return failed_read(head_error);

        transport().expires_after(body_timeout);
        if (beast::iequals(in.get()[http::field::expect], "100-continue")) {
            auto [ec, n] = co_await asio::async_write(
                stream_, asio::buffer(std::string_view("HTTP/1.1 100 Continue\r\n\r\n")), use_tuple);
            if (ec) co_return failed_read(ec);
        }
        auto [body_error, body_size] = co_await http::async_read(stream_, buffer_, in, use_tuple);
        if (body_error) co_return failed_read(body_error);
        co_return taken_from(in);
    }

    static incoming taken_from(parser& in) {
        incoming out;
        out.keep_alive = in.keep_alive();
        auto& message = in.get();
        out.call.method = text(message.method_string());
        out.call.target = text(message.target());
        out.call.authorization = text(message[http::field::authorization]);
        out.call.body = std::move(message.body());
        return out;
    }

    outcome decide(const incoming& in) {
        const instant now = instant::now();
        outcome result;
        if (in.refusal != 0) {
            result.answer = gate_.error_reply(error_for(in.refusal));
        } else if (options_.role == serves::control ||
                   (options_.role == serves::both && is_control_path(in.call.path()))) {
            result.answer = control(in.call, gate_, now);
        } else {
            result = gate_.handle(in.call, now);
        }
        return result;
    }

    // True if the connection goes on. `result` lives on in the caller's frame.
    awaitable<bool> deliver(outcome& result, const incoming& in) {
        if (result.delay.count() != 0) co_await pause(result.delay);
        switch (result.action) {
            case fault_action::hang: co_await wait_for_close(); co_return false;
            case fault_action::reset: reset(); co_return false;
            case fault_action::close: co_return false;
            case fault_action::raw: co_await write(result.raw, result.slow_bytes); co_return false;
            default: break;
        }
        const wire_options how{in.keep_alive, in.call.method == "HEAD"};
        const std::string wire = to_wire(result.answer, how, core::wall_clock::now());
        const bool written = co_await write(wire, result.slow_bytes);
        co_return written&& in.keep_alive;
    }

    awaitable<bool> write(std::string_view bytes, core::duration per_byte) {
        const std::size_t step = per_byte.count() == 0 ? bytes.size() : 1;
        while (!bytes.empty()) {
            if (per_byte.count() != 0) co_await pause(per_byte);
            transport().expires_after(write_timeout);
            auto [ec, n] =
                co_await asio::async_write(stream_, asio::buffer(bytes.substr(0, step)), use_tuple);
            if (ec) co_return false;
            bytes.remove_prefix(n);
        }
        co_return true;
    }

    awaitable<> pause(core::duration span) {
        core::timer clock(stream_.get_executor(), span);
        co_await clock.async_wait(use_tuple);
    }

    // Reads and forgets until the peer closes, an error, or the time-out that the caller has set.
    template <class Source>
    static awaitable<> discard_input(Source& from) {
        std::array<char, 4096> scratch;
        for (;;) {
            auto [ec, n] = co_await from.async_read_some(asio::buffer(scratch), use_tuple);
            if (ec) co_return;
        }
    }

    awaitable<> wait_for_close() {
        transport().expires_never();
        co_await discard_input(stream_);
    }

    // RST instead of FIN: unsent data is dropped (SO_LINGER with time zero).
    void reset() {
        core::error_code ignored;
        transport().socket().set_option(asio::socket_base::linger(true, 0), ignored);
        transport().socket().close(ignored);
    }

    // Ends our side, then reads for a moment: closing with unread input would reset the connection and could
    // take the answer with it.
    awaitable<> say_goodbye() {
        if (!transport().socket().is_open()) co_return;
        core::error_code ignored;
        transport().expires_after(linger_timeout);
        if constexpr (std::is_same_v<Stream, tls_stream>) co_await stream_.async_shutdown(use_tuple);
        transport().socket().shutdown(asio::socket_base::shutdown_send, ignored);
        transport().expires_after(linger_timeout);
        co_await discard_input(transport());
    }

    Stream stream_;
    fake_gate& gate_;
    session_options options_;
    beast::flat_buffer buffer_{head_limit + body_limit};
};

awaitable<> run_plain(core::tcp_socket socket, fake_gate& gate, session_options options) {
    session<plain_stream> plain(plain_stream(std::move(socket)), gate, options);
    co_await plain.run();
}

awaitable<> run_tls(core::tcp_socket socket, fake_gate& gate, asio::ssl::context& tls,
                    session_options options) {
    session<tls_stream> secure(tls_stream(plain_stream(std::move(socket)), tls), gate, options);
    beast::get_lowest_layer(secure.stream()).expires_after(handshake_timeout);
    auto [ec] = co_await secure.stream().async_handshake(asio::ssl::stream_base::server, use_tuple);
    if (ec) {
        ++gate.counts.tls_failures;
        co_return;
    }
    co_await secure.run();
}

}  // namespace

awaitable<> run_session(core::tcp_socket socket, fake_gate& gate, asio::ssl::context* tls,
                        session_options options) {
    if (options.role == serves::control) {
        co_await run_plain(std::move(socket), gate, options);
        co_return;
    }
    ++gate.counts.connections_accepted;
    const open_connection counted(gate.counts);
    if (tls == nullptr) {
        co_await run_plain(std::move(socket), gate, options);
    } else {
        co_await run_tls(std::move(socket), gate, *tls, options);
    }
}

}  // namespace gate::emulator
