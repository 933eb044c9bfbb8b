#include "connection.hpp"

#include <array>
#include <cerrno>

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace bench {

connection::connection(event_loop& loop, int fd) : loop_(loop), fd_(fd) {
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
        const auto sent = ::send(fd_, unsent_.data(), unsent_.size(), MSG_NOSIGNAL);
        if (sent < 0 && errno != EAGAIN) return shut();
        if (sent < 0) break;
        unsent_.remove_prefix(static_cast<std::size_t>(sent));
    }
    if (fd_ < 0 || wants_output_ == !unsent_.empty()) return;
    wants_output_ = !unsent_.empty();
    loop_.want_output(fd_, *this, wants_output_);
}

// One read for each event: with level triggering what is left comes again, and no read finds nothing.
void connection::read() {
    static std::array<char, 1 << 18> buffer;
    if (fd_ < 0) return;
    const auto count = recv(fd_, buffer.data(), buffer.size(), 0);
    if (count > 0) return reader_.feed({buffer.data(), static_cast<std::size_t>(count)}, *this);
    if (count == 0 || errno != EAGAIN) shut();
}

void connection::shut() {
    close(fd_);
    fd_ = -1;
    unsent_ = {};
    on_close();
}

}  // namespace bench
