#include <gate/verify/codec.hpp>
#include <gate/verify/connection.hpp>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/write.hpp>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <cerrno>

#include <sys/socket.h>

namespace gate::verify {
namespace {

namespace http = boost::beast::http;

constexpr std::size_t read_size = 8 * 1024;
constexpr std::uint32_t max_head_size = 16 * 1024;
constexpr int max_interim_responses = 4;

bool is_interim(unsigned status) {
    return status >= 100 && status <= 199 && status != 101;
}

// Both framings at once leave the end of the response to the reader: read, but never followed by another one.
// Where only interim responses came, the one that counts is still to come, and would be the next call's.
bool is_persistent(const http::response<http::string_body>& response) {
    const bool ambiguous = response.count(http::field::transfer_encoding) != 0 &&
                           response.count(http::field::content_length) != 0;
    const bool is_final = response.result_int() >= 200;
    return is_final && response.keep_alive() && !response.need_eof() && !ambiguous;
}

}  // namespace

connection::connection(const core::executor& executor, boost::asio::ssl::context* tls, std::string host)
    : host_(std::move(host)), socket_(executor) {
    if (tls != nullptr) tls_.emplace(socket_, *tls);
}

core::task<core::error_code> connection::open(core::tcp::endpoint to) {
    // The configuration has seen to it; but a name may resolve to anything, and a key may not travel in the
    // clear.
    if (!tls_ && !to.address().is_loopback()) co_return core::asio::error::access_denied;
    const auto [refused] = co_await socket_.async_connect(to, core::use_task);
    if (refused) co_return refused;
    core::error_code ignored;
    socket_.set_option(core::tcp::no_delay(true), ignored);
    if (!tls_) co_return core::error_code{};
    if (const auto ec = prepare_tls()) co_return ec;
    const auto [ec] = co_await tls_->async_handshake(core::asio::ssl::stream_base::client, core::use_task);
    co_return ec;
}

core::error_code connection::prepare_tls() {
    auto* native = tls_->native_handle();
    auto* checks = SSL_get0_param(native);
    core::error_code ec;
    const bool is_address = (core::asio::ip::make_address(host_, ec), !ec);
    X509_VERIFY_PARAM_set_hostflags(checks, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    const bool set = is_address ? X509_VERIFY_PARAM_set1_ip_asc(checks, host_.c_str()) == 1
                                : X509_VERIFY_PARAM_set1_host(checks, host_.data(), host_.size()) == 1 &&
                                      SSL_set_tlsext_host_name(native, host_.c_str()) == 1;
    if (!set) return core::asio::error::invalid_argument;
    return {};
}

core::task<core::error_code> connection::send(std::string_view request) {
    const auto bytes = core::asio::buffer(request.data(), request.size());
    if (tls_) {
        const auto [ec, n] = co_await core::asio::async_write(*tls_, bytes, core::use_task);
        co_return ec;
    }
    const auto [ec, n] = co_await core::asio::async_write(socket_, bytes, core::use_task);
    co_return ec;
}

// Reads what there is into the buffer.
core::task<core::error_code> connection::fill() {
    const auto room = buffer_.prepare(read_size);
    std::size_t size = 0;
    core::error_code ec;
    if (tls_) {
        std::tie(ec, size) = co_await tls_->async_read_some(room, core::use_task);
    } else {
        std::tie(ec, size) = co_await socket_.async_read_some(room, core::use_task);
    }
    buffer_.commit(size);
    co_return ec;
}

core::task<core::error_code> connection::read(parser& into, received& out) {
    core::error_code ec;
    while (!into.is_done()) {
        if (buffer_.size() == 0) {
            const auto failure = co_await fill();
            if (failure == core::asio::error::eof && into.got_some()) into.put_eof(ec);
            if (failure) co_return into.is_done() ? core::error_code{} : failure;
        }
        out.any_byte = true;
        buffer_.consume(into.put(buffer_.data(), ec));
        if (ec == http::error::need_more) {
            // An unfinished line stays in the buffer: read on behind it.
            ec = {};
            if (const auto failure = co_await fill()) co_return failure;
        }
        if (ec) co_return ec;
    }
    co_return core::error_code{};
}

core::task<connection::received> connection::exchange(std::string_view request) {
    received out;
    out.failure = co_await send(request);
    if (out.failure) co_return out;
    for (int i = 0; i <= max_interim_responses; ++i) {
        parser one;
        one.eager(true);
        one.header_limit(max_head_size);
        one.body_limit(max_answer_size);
        out.failure = co_await read(one, out);
        if (out.failure) co_return out;
        out.response = one.release();
        if (!is_interim(out.response.result_int())) break;
    }
    out.persistent = is_persistent(out.response) && !has_leftovers();
    co_return out;
}

// Bytes behind the response: whose they are nobody knows.
bool connection::has_leftovers() {
    if (buffer_.size() != 0) return true;
    if (!tls_) return false;
    auto* native = tls_->native_handle();
    return SSL_has_pending(native) == 1 || BIO_pending(SSL_get_rbio(native)) > 0;
}

bool connection::is_quiet() {
    char byte = 0;
    const auto n = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

std::string_view connection::tls_problem() const {
    if (!tls_) return {};
    const auto result = SSL_get_verify_result(const_cast<connection*>(this)->tls_->native_handle());
    return result == X509_V_OK ? std::string_view{} : X509_verify_cert_error_string(result);
}

}  // namespace gate::verify
