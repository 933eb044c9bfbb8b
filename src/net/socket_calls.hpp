#pragma once
// recv, send and sendmsg without the C library's wrappers. Those let a thread be cancelled inside of each
// call, which costs two atomic operations where there are several threads; nobody cancels threads here.

#include <gate/core/frame_pool.hpp>

#include <cstddef>

#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace gate::net {

// The sanitizers have to see what is read and written: they watch the wrappers.
inline constexpr bool calls_the_kernel_itself = core::recycles_memory;

inline ssize_t receive_from(int fd, void* into, std::size_t size) noexcept {
    if (!calls_the_kernel_itself) return ::recv(fd, into, size, 0);
    return ::syscall(SYS_recvfrom, long{fd}, into, size, 0L, nullptr, nullptr);
}

inline ssize_t send_to(int fd, const void* data, std::size_t size) noexcept {
    if (!calls_the_kernel_itself) return ::send(fd, data, size, MSG_NOSIGNAL);
    return ::syscall(SYS_sendto, long{fd}, data, size, long{MSG_NOSIGNAL}, nullptr, 0L);
}

inline ssize_t send_to(int fd, const msghdr& message) noexcept {
    if (!calls_the_kernel_itself) return ::sendmsg(fd, &message, MSG_NOSIGNAL);
    return ::syscall(SYS_sendmsg, long{fd}, &message, long{MSG_NOSIGNAL});
}

}  // namespace gate::net
