#include <gate/net/stream.hpp>

#include <cassert>
#include <cstring>

#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

namespace gate::net {
namespace {

void set_option(int fd, int level, int name, int value) noexcept {
    ::setsockopt(fd, level, name, &value, sizeof value);
}

// How many bytes are left to read, as the kernel reported beside the data (TCP_INQ), or -1 if it did not. It
// counts a FIN as a byte, so 0 means that the next read would block: this is what saves the read that fails
// with EAGAIN, and what a short read alone does not tell (a FIN may have come with the data, and its edge is
// spent).
int left_to_read(msghdr& message) noexcept {
    for (auto* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != IPPROTO_TCP || header->cmsg_type != TCP_CM_INQ) continue;
        int left = 0;
        std::memcpy(&left, CMSG_DATA(header), sizeof left);
        return left;
    }
    return -1;
}

io_result failed(int error) noexcept {
    return {.bytes = 0, .error = error, .eof = false};
}

}  // namespace

stream::stream(core::tcp_socket socket, deadline_wheel& wheel)
    : socket_(std::move(socket)), wheel_(wheel), reading_(socket_, direction::read, wheel) {
    core::error_code ignored;
    socket_.non_blocking(true, ignored);
    set_option(socket_.native_handle(), IPPROTO_TCP, TCP_NODELAY, 1);
    set_option(socket_.native_handle(), IPPROTO_TCP, TCP_INQ, 1);
}

stream::~stream() {
    core::error_code ignored;
    socket_.close(ignored);
}

io_result stream::try_read(std::span<char> into) noexcept {
    iovec piece{into.data(), into.size()};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))];
    msghdr message{};
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    ssize_t got = 0;
    do {
        got = ::recvmsg(socket_.native_handle(), &message, 0);
    } while (got < 0 && errno == EINTR);
    if (got < 0) {
        const int error = errno;
        if (error == EAGAIN) reading_.set_exhausted();
        return failed(error);
    }
    if (got == 0) return {.bytes = 0, .error = 0, .eof = !into.empty()};
    if (left_to_read(message) == 0) reading_.set_exhausted();
    return {.bytes = static_cast<std::size_t>(got), .error = 0, .eof = false};
}

io_result stream::try_write(std::string_view data) noexcept {
    ssize_t put = 0;
    do {
        put = ::send(socket_.native_handle(), data.data(), data.size(), MSG_NOSIGNAL);
    } while (put < 0 && errno == EINTR);
    if (put >= 0) return {.bytes = static_cast<std::size_t>(put), .error = 0, .eof = false};
    if (errno == EAGAIN && writing_) writing_->set_exhausted();
    return failed(errno);
}

io_result stream::try_write(std::span<const iovec> pieces) noexcept {
    if (pieces.size() == 1) {  // costs the kernel less than a list of one
        return try_write({static_cast<const char*>(pieces[0].iov_base), pieces[0].iov_len});
    }
    msghdr message{};
    message.msg_iov = const_cast<iovec*>(pieces.data());  // sendmsg only reads them
    message.msg_iovlen = pieces.size();
    ssize_t put = 0;
    do {
        put = ::sendmsg(socket_.native_handle(), &message, MSG_NOSIGNAL);
    } while (put < 0 && errno == EINTR);
    if (put >= 0) return {.bytes = static_cast<std::size_t>(put), .error = 0, .eof = false};
    if (errno == EAGAIN && writing_) writing_->set_exhausted();
    return failed(errno);
}

stream::waiting stream::readable(core::time_point until) noexcept {
    return {&reading_, until};
}

stream::waiting stream::writable(core::time_point until) noexcept {
    if (!writing_) {
        writing_ = std::make_unique<readiness>(socket_, direction::write, wheel_);
        writing_->set_exhausted();
    }
    return {writing_.get(), until};
}

void stream::watch(readiness::callback call, void* self, core::time_point until) {
    reading_.wait(call, self, until);
}

stream::peer_state stream::peek() noexcept {
    pollfd probe{socket_.native_handle(), POLLIN | POLLRDHUP, 0};
    const int found = ::poll(&probe, 1, 0);
    if (found < 0)
        return {.has_data = true, .ended = false, .gone = false};  // unknown: nobody may take it for clean
    if (found == 0) return {};
    return {.has_data = (probe.revents & (POLLIN | POLLRDHUP)) != 0,
            .ended = (probe.revents & POLLRDHUP) != 0,
            .gone = (probe.revents & (POLLERR | POLLHUP)) != 0};
}

void stream::shutdown_send() noexcept {
    ::shutdown(socket_.native_handle(), SHUT_WR);
}

void stream::abort_on_close() noexcept {
    const linger now{1, 0};
    ::setsockopt(socket_.native_handle(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

void stream::cut() noexcept {
    abort_on_close();
    ::shutdown(socket_.native_handle(), SHUT_RDWR);
}

}  // namespace gate::net
