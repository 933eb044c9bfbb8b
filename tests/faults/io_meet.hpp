#pragma once
// What a call meets: the orders of the test, and what is known about each descriptor. Only for io_faults.cpp.
#include "io_faults.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include <arpa/inet.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace io_faults {

// The next definition of a function: libc's.
template <class Function>
Function* next(Function*& found, const char* name) {
    if (found == nullptr) found = reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
    return found;
}

#define NEXT(name)                      \
    ([]() -> decltype(&::name) {        \
        static decltype(::name)* found; \
        return next(found, #name);      \
    }())

inline control* map_control() {
    const char* path = std::getenv("IO_FAULTS");
    const int file = path != nullptr ? ::open(path, O_RDWR | O_CLOEXEC) : -1;
    if (file < 0) return nullptr;
    void* at = ::mmap(nullptr, sizeof(control), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    NEXT(close)(file);
    if (at == MAP_FAILED) return nullptr;
    auto* mapped = static_cast<control*>(at);
    return mapped->size == sizeof(control) ? mapped : nullptr;
}

inline control* commands() {
    static control* const mapped = map_control();
    return mapped;
}

enum class health : unsigned char { whole, ended, reset };

struct descriptor {
    std::atomic<peer> who{peer::nobody};
    std::atomic<health> state{health::whole};
    std::atomic<int> error{0};
    std::atomic<int> poller{-1};
    std::atomic<std::uint32_t> events{0};
    std::atomic<std::uint64_t> data{0};
};

constexpr int max_descriptors = 4096;
inline descriptor table[max_descriptors];

inline descriptor* entry(int fd) {
    return commands() != nullptr && fd >= 0 && fd < max_descriptors ? &table[fd] : nullptr;
}

inline void take_note(int fd, peer who) {
    auto* const one = entry(fd);
    if (one == nullptr) return;
    one->state = health::whole;
    one->poller = -1;
    one->who = who;
}

inline unsigned port_of(const sockaddr_storage& address) {
    if (address.ss_family == AF_INET) return ntohs(reinterpret_cast<const sockaddr_in&>(address).sin_port);
    if (address.ss_family == AF_INET6) return ntohs(reinterpret_cast<const sockaddr_in6&>(address).sin6_port);
    return 0;
}

inline peer peer_at(const sockaddr_storage& address) {
    const auto& known = *commands();
    if (address.ss_family == AF_UNIX) {
        const auto* const path = reinterpret_cast<const sockaddr_un&>(address).sun_path;
        if (*path == '\0') return peer::nobody;
        if (std::strcmp(path, known.downstream_path) == 0) return peer::downstream;
        return std::strcmp(path, known.upstream_path) == 0 ? peer::upstream : peer::nobody;
    }
    const auto port = port_of(address);
    if (port != 0 && port == known.downstream_port) return peer::downstream;
    if (port != 0 && port == known.upstream_port) return peer::upstream;
    if (port != 0 && port == known.gate_port) return peer::gate;
    return peer::nobody;
}

// Epoll reports again what there is.
inline void report_again(int fd) {
    auto* const one = entry(fd);
    if (one == nullptr || one->poller < 0) return;
    epoll_event event{};
    event.events = one->events;
    event.data.u64 = one->data;
    NEXT(epoll_ctl)(one->poller, EPOLL_CTL_MOD, fd, &event);
}

// As after a RST: the peer gets one, epoll reports it, nothing more can be read or written.
inline void reset(int fd) {
    sockaddr none{};
    none.sa_family = AF_UNSPEC;
    NEXT(connect)(fd, &none, sizeof none);
    NEXT(shutdown)(fd, SHUT_RDWR);
}

inline bool breaks_connection(int error) {
    return error == ECONNRESET || error == EPIPE || error == ETIMEDOUT;
}

// Whether the call meets a failure: then `result` is what it returns, with errno.
struct failure {
    bool now = false;
    int result = -1;
};

inline failure failed_with(int error) {
    errno = error;
    return {true, -1};
}

inline failure aftermath(const descriptor& one, call what) {
    const bool reads = what == call::read || what == call::peek;
    if (one.state == health::ended && reads) return {true, 0};
    if (one.state != health::reset || (!reads && what != call::write)) return {};
    if (commands()->fails_once == 0) return failed_with(one.error);
    if (reads) return {true, 0};
    return failed_with(EPIPE);
}

// Counts the call; true if it is the one that has to fail.
inline bool is_due(peer who, call what) {
    auto& orders = *commands();
    if (orders.armed == 0) return false;
    if ((orders.peers & static_cast<unsigned>(who)) == 0 || (orders.calls & static_cast<unsigned>(what)) == 0)
        return false;
    if (++orders.seen != orders.fail_at) return false;
    ++orders.fired;
    return true;
}

inline failure meet(int fd, call what) {
    auto* const one = entry(fd);
    if (one == nullptr || one->who == peer::nobody) return {};
    if (one->state != health::whole) {
        if (const auto later = aftermath(*one, what); later.now) return later;
    }
    if (!is_due(one->who, what)) return {};
    const int error = commands()->error;
    const bool transfers = what == call::read || what == call::write || what == call::peek;
    if (error == 0) {
        one->state = health::ended;
        NEXT(shutdown)(fd, SHUT_RD);
        return {true, 0};
    }
    if ((transfers && breaks_connection(error)) || error == ENOTCONN) {
        one->error = error;
        one->state = health::reset;
        reset(fd);
    }
    if (error == EAGAIN) report_again(fd);
    return failed_with(error);
}

inline std::size_t at_most(int fd, std::size_t wanted, bool writes) {
    const auto* const one = entry(fd);
    if (one == nullptr || one->who == peer::nobody) return wanted;
    auto& orders = *commands();
    if ((orders.short_peers & static_cast<unsigned>(one->who.load())) == 0) return wanted;
    const std::size_t limit = writes ? orders.write_at_most : orders.read_at_most;
    if (limit == 0 || wanted == 0) return wanted;
    const std::size_t now = orders.varies != 0 ? 1 + (orders.shortened * 7 + 3) % limit : limit;
    if (now >= wanted) return wanted;
    ++orders.shortened;
    return now;
}

inline std::size_t size_of(const msghdr& message) {
    std::size_t size = 0;
    for (std::size_t i = 0; i < message.msg_iovlen; ++i) size += message.msg_iov[i].iov_len;
    return size;
}

// The first `size` bytes of a message.
struct clipped {
    iovec pieces[16];
    std::size_t count = 0;

    clipped(const msghdr& message, std::size_t size) {
        for (std::size_t i = 0; i < message.msg_iovlen && count < 16 && size > 0; ++i) {
            auto piece = message.msg_iov[i];
            if (piece.iov_len > size) piece.iov_len = size;
            size -= piece.iov_len;
            if (piece.iov_len > 0) pieces[count++] = piece;
        }
    }
};

// Who has written less than he wanted takes the socket for full, who has read less takes it for empty, and
// waits for an event before the next call.
inline ssize_t after_short_transfer(int fd, ssize_t done) {
    report_again(fd);
    return done;
}

inline peer accepted_from(int listener) {
    sockaddr_storage local{};
    socklen_t size = sizeof local;
    if (commands() == nullptr || ::getsockname(listener, reinterpret_cast<sockaddr*>(&local), &size) != 0)
        return peer::nobody;
    return peer_at(local);
}

// ECONNABORTED: the kernel has had the connection, and it is gone.
inline int abort_next(int listener) {
    const int fd = NEXT(accept4)(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd >= 0) {
        reset(fd);
        NEXT(close)(fd);
    }
    errno = ECONNABORTED;
    return -1;
}

}  // namespace io_faults
