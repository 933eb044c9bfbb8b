// Failures of socket calls on command, for tests: a library to be preloaded into a program. The test maps the
// same file (IO_FAULTS names it) and says which call of which connection fails, and how; faults.py is the
// other side.
//
// What is injected is what a kernel could do. A connection that is reset really is: the peer sees it, and
// epoll reports it. A spurious EAGAIN comes with a new event, a short read with a truthful count of what is
// left.
#include "io_meet.hpp"

#include <cstdarg>

#include <poll.h>
#include <sys/syscall.h>

using namespace io_faults;

extern "C" {

ssize_t recv(int fd, void* into, size_t size, int flags) {
    if (const auto met = meet(fd, (flags & MSG_PEEK) != 0 ? call::peek : call::read); met.now)
        return met.result;
    const auto part = at_most(fd, size, false);
    const auto got = NEXT(recv)(fd, into, part, flags);
    return part == size ? got : after_short_transfer(fd, got);
}

ssize_t recvmsg(int fd, msghdr* message, int flags) {
    if (const auto met = meet(fd, call::read); met.now) {
        message->msg_controllen = 0;
        return met.result;
    }
    const auto whole = size_of(*message);
    const auto size = at_most(fd, whole, false);
    if (size == whole) return NEXT(recvmsg)(fd, message, flags);
    clipped part(*message, size);
    auto* const pieces = message->msg_iov;
    const auto count = message->msg_iovlen;
    message->msg_iov = part.pieces;
    message->msg_iovlen = part.count;
    const auto got = NEXT(recvmsg)(fd, message, flags);
    message->msg_iov = pieces;
    message->msg_iovlen = count;
    return after_short_transfer(fd, got);
}

ssize_t send(int fd, const void* data, size_t size, int flags) {
    if (const auto met = meet(fd, call::write); met.now) return met.result;
    const auto part = at_most(fd, size, true);
    const auto put = NEXT(send)(fd, data, part, flags);
    return part == size ? put : after_short_transfer(fd, put);
}

ssize_t sendmsg(int fd, const msghdr* message, int flags) {
    if (const auto met = meet(fd, call::write); met.now) return met.result;
    const auto whole = size_of(*message);
    const auto size = at_most(fd, whole, true);
    if (size == whole) return NEXT(sendmsg)(fd, message, flags);
    clipped part(*message, size);
    auto shorter = *message;
    shorter.msg_iov = part.pieces;
    shorter.msg_iovlen = part.count;
    return after_short_transfer(fd, NEXT(sendmsg)(fd, &shorter, flags));
}

int socket(int domain, int type, int protocol) noexcept {
    const bool counts = commands() != nullptr &&
                        (domain == AF_INET || domain == AF_INET6 || domain == AF_UNIX) &&
                        (type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC)) == SOCK_STREAM;
    if (counts && is_due(peer::unconnected, call::socket)) {
        errno = commands()->error;
        return -1;
    }
    const int fd = NEXT(socket)(domain, type, protocol);
    if (fd >= 0) take_note(fd, counts ? peer::unconnected : peer::nobody);
    return fd;
}

int connect(int fd, const sockaddr* address, socklen_t size) {
    auto* const one = entry(fd);
    const bool aborts = address->sa_family == AF_UNSPEC;
    if (one == nullptr || one->who == peer::nobody || aborts || size > sizeof(sockaddr_storage))
        return NEXT(connect)(fd, address, size);
    sockaddr_storage to{};
    std::memcpy(&to, address, size);
    one->who = peer_at(to);
    if (const auto met = meet(fd, call::connect); met.now) return met.result;
    const int made = NEXT(connect)(fd, address, size);
    const bool is_immediate = address->sa_family == AF_UNIX;  // it never takes time (unix(7))
    if (made != 0 || is_immediate || commands()->slow_connect == 0 || one->who == peer::nobody) return made;
    errno = EINPROGRESS;
    return -1;
}

int getsockopt(int fd, int level, int name, void* value, socklen_t* size) noexcept {
    if (level == SOL_SOCKET && name == SO_ERROR && *size >= sizeof(int)) {
        if (const auto met = meet(fd, call::outcome); met.now) {
            const int error = errno;
            std::memcpy(value, &error, sizeof error);
            return 0;
        }
    }
    return NEXT(getsockopt)(fd, level, name, value, size);
}

int setsockopt(int fd, int level, int name, const void* value, socklen_t size) noexcept {
    if (const auto met = meet(fd, call::option); met.now) return met.result;
    return NEXT(setsockopt)(fd, level, name, value, size);
}

int accept4(int listener, sockaddr* address, socklen_t* size, int flags) {
    const auto who = accepted_from(listener);
    if (who != peer::nobody && is_due(who, call::accept)) {
        if (commands()->error == ECONNABORTED) return abort_next(listener);
        errno = commands()->error;
        return -1;
    }
    const int fd = NEXT(accept4)(listener, address, size, flags);
    if (fd >= 0) take_note(fd, who);
    return fd;
}

int accept(int listener, sockaddr* address, socklen_t* size) {
    const int fd = NEXT(accept)(listener, address, size);
    if (fd >= 0) take_note(fd, peer::nobody);
    return fd;
}

int listen(int fd, int backlog) noexcept {
    take_note(fd, peer::nobody);
    return NEXT(listen)(fd, backlog);
}

int shutdown(int fd, int how) noexcept {
    if (const auto met = meet(fd, call::shutdown); met.now) return met.result;
    return NEXT(shutdown)(fd, how);
}

int poll(pollfd* watched, nfds_t count, int timeout) {
    if (count == 1) {
        if (const auto met = meet(watched->fd, call::poll); met.now) return met.result;
    }
    return NEXT(poll)(watched, count, timeout);
}

int epoll_ctl(int poller, int what, int fd, epoll_event* event) noexcept {
    if (what == EPOLL_CTL_ADD) {  // only this needs memory
        if (const auto met = meet(fd, call::epoll); met.now) return met.result;
    }
    if (what != EPOLL_CTL_DEL) {
        if (auto* const one = entry(fd); one != nullptr && event != nullptr) {
            one->events = event->events;
            one->data = event->data.u64;
            one->poller = poller;
        }
    }
    return NEXT(epoll_ctl)(poller, what, fd, event);
}

// The program asks the kernel itself for some of these.
long syscall(long number, ...) noexcept {
    va_list more;
    va_start(more, number);
    long a[6];
    for (auto& each : a) each = va_arg(more, long);
    va_end(more);
    switch (number) {
        case SYS_recvfrom:
            return recv(static_cast<int>(a[0]), reinterpret_cast<void*>(a[1]), static_cast<size_t>(a[2]),
                        static_cast<int>(a[3]));
        case SYS_sendto:
            return send(static_cast<int>(a[0]), reinterpret_cast<const void*>(a[1]),
                        static_cast<size_t>(a[2]), static_cast<int>(a[3]));
        case SYS_sendmsg:
            return sendmsg(static_cast<int>(a[0]), reinterpret_cast<const msghdr*>(a[1]),
                           static_cast<int>(a[2]));
        default: return NEXT(syscall)(number, a[0], a[1], a[2], a[3], a[4], a[5]);
    }
}

int close(int fd) {
    take_note(fd, peer::nobody);
    return NEXT(close)(fd);
}

}  // extern "C"
