#include "connection.hpp"

#include <openssl/ssl.h>

#include <array>
#include <cerrno>
#include <utility>

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace bench {

connection::connection(event_loop& loop, int fd, ssl_pointer tls)
    : loop_(loop), fd_(fd), tls_(std::move(tls)) {
    loop_.watch(fd, *this);
}

void connection::send(std::string_view bytes) {
    unsent_ = bytes;
    flush();
}

void connection::on_events(std::uint32_t events) {
    if ((events & EPOLLOUT) != 0) flush();
    if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) read();
}

void connection::flush() {
    while (fd_ >= 0 && !unsent_.empty()) {
        const auto sent = put(unsent_);
        if (sent < 0 && errno != EAGAIN) return shut();
        if (sent < 0) break;
        unsent_.remove_prefix(static_cast<std::size_t>(sent));
    }
    if (fd_ < 0 || wants_output_ == !unsent_.empty()) return;
    wants_output_ = !unsent_.empty();
    loop_.want_output(fd_, *this, wants_output_);
}

// One read for each event: with level triggering what is left comes again, and no read finds nothing. What
// TLS has taken from the socket comes with no further event.
void connection::read() {
    static std::array<char, 1 << 18> buffer;
    if (fd_ < 0) return;
    do {
        const auto count = get(buffer.data(), buffer.size());
        if (count == 0 || (count < 0 && errno != EAGAIN)) return shut();
        if (count < 0) return;
        reader_.feed({buffer.data(), static_cast<std::size_t>(count)}, *this);
    } while (fd_ >= 0 && tls_ && SSL_has_pending(tls_.get()) != 0);
}

std::ptrdiff_t connection::put(std::string_view bytes) {
    if (!tls_) return ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    std::size_t sent = 0;
    if (SSL_write_ex(tls_.get(), bytes.data(), bytes.size(), &sent) == 1)
        return static_cast<std::ptrdiff_t>(sent);
    errno = SSL_get_error(tls_.get(), 0) == SSL_ERROR_WANT_WRITE ? EAGAIN : EPROTO;
    return -1;
}

std::ptrdiff_t connection::get(char* into, std::size_t size) {
    if (!tls_) return ::recv(fd_, into, size, 0);
    std::size_t count = 0;
    if (SSL_read_ex(tls_.get(), into, size, &count) == 1) return static_cast<std::ptrdiff_t>(count);
    const int why = SSL_get_error(tls_.get(), 0);
    if (why == SSL_ERROR_ZERO_RETURN) return 0;
    errno = why == SSL_ERROR_WANT_READ ? EAGAIN : EPROTO;
    return -1;
}

void connection::shut() {
    close(fd_);
    fd_ = -1;
    unsent_ = {};
    on_close();
}

}  // namespace bench
