#include <gate/client/connection.hpp>
#include <gate/client/failure.hpp>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/write.hpp>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <cstring>
#include <linux/sockios.h>

#include <sys/ioctl.h>

namespace gate::client {
namespace {

constexpr std::size_t read_size = 8 * 1024;

// Whether it leads to this machine: to the loopback, or to a Unix socket.
bool stays_here(const core::stream_protocol::endpoint& to) {
    if (to.protocol().family() == AF_UNIX) return true;
    core::tcp::endpoint out;
    if (to.size() > out.capacity()) return false;
    std::memcpy(out.data(), to.data(), to.size());
    out.resize(to.size());
    return out.address().is_loopback();
}

}  // namespace

connection::connection(const core::executor& executor, boost::asio::ssl::context* tls, std::string host)
    : host_(std::move(host)), socket_(executor) {
    if (tls != nullptr) tls_.emplace(socket_, *tls);
}

core::task<core::error_code> connection::open(core::stream_protocol::endpoint to, clear_text plain) {
    // The configuration has seen to it; but a name may resolve to anything, and a key may not travel in the
    // clear.
    if (!tls_ && plain == clear_text::loopback_only && !stays_here(to))
        co_return core::asio::error::access_denied;
    const auto [refused] = co_await socket_.async_connect(to, core::use_task);
    if (refused) co_return refused;
    core::error_code ec;
    socket_.set_option(core::tcp::no_delay(true), ec);
    socket_.non_blocking(true, ec);  // for look()
    if (ec) co_return ec;
    if (tls_) {
        if (ec = prepare_tls(); ec) co_return ec;
        std::tie(ec) = co_await tls_->async_handshake(core::asio::ssl::stream_base::client, core::use_task);
    }
    rest();
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

// Whether the peer has yet to receive a part of the request. Its answer would come with the acknowledgement.
bool connection::owes_acknowledgement() {
    int unacknowledged = 0;
    return ::ioctl(socket_.native_handle(), SIOCOUTQ, &unacknowledged) == 0 && unacknowledged > 0;
}

// Nothing: it is quiet. Records that carry no data (TLS 1.3 sends tickets when it likes) are taken in: they
// are no sign of anything, but something may follow them.
core::error_code connection::look() {
    char byte = 0;
    const auto room = core::asio::buffer(&byte, 1);
    core::error_code ec;
    do {
        if (tls_) {
            auto* const received = SSL_get_rbio(tls_->native_handle());
            const auto before = BIO_number_read(received);
            tls_->read_some(room, ec);
            if (BIO_number_read(received) != before) rest();
        } else {
            socket_.receive(room, core::stream_socket::message_peek, ec);
        }
    } while (ec == core::asio::error::interrupted);
    if (ec == core::asio::error::would_block || ec == core::asio::error::try_again) return {};
    return ec ? ec : unasked_bytes();
}

// OpenSSL's context lives as long as any connection under it: its address tells them apart.
bool connection::is_under(boost::asio::ssl::context* tls) const {
    if (!tls_ || tls == nullptr) return !tls_ && tls == nullptr;
    return SSL_get_SSL_CTX(const_cast<connection*>(this)->tls_->native_handle()) == tls->native_handle();
}

std::string_view connection::tls_problem() const {
    if (!tls_) return {};
    const auto result = SSL_get_verify_result(const_cast<connection*>(this)->tls_->native_handle());
    return result == X509_V_OK ? std::string_view{} : X509_verify_cert_error_string(result);
}

// A peer may hold its next segment back until we acknowledge the last one, which the kernel does with the
// next request if that comes soon: what is on its way must come before that.
void connection::rest() noexcept {
    const int on = 1;
    ::setsockopt(socket_.native_handle(), IPPROTO_TCP, TCP_QUICKACK, &on, sizeof on);
    rest_until(core::clock::now() + quiet_time);
}

}  // namespace gate::client
