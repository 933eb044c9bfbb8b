// Counts what a program asks of the kernel and of the heap: a library to be preloaded into it. CALL_COUNTS
// names a file that this library fills with its counters, which whoever else maps or reads it may look at at
// any time: one record for each function, {name, calls, calls that found nothing to do (EAGAIN)};
// call_counts.py reads them.
//
// A function that is not listed here is not counted: test_calls.py compares the list with what the program
// imports. The C library's own calls, and clock_gettime, which needs no system call, are not seen.
#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <unistd.h>

namespace {

#define COUNTED(call)                                                                                        \
    call(recv) call(recvfrom) call(recvmsg) call(read) call(readv) call(send) call(sendto) call(sendmsg)     \
        call(write) call(writev) call(epoll_wait) call(epoll_pwait) call(epoll_pwait2) call(epoll_ctl)       \
            call(poll) call(ppoll) call(select) call(timerfd_settime) call(timerfd_create) call(accept)      \
                call(accept4) call(connect) call(socket) call(setsockopt) call(getsockopt) call(getsockname) \
                    call(getpeername) call(shutdown) call(close) call(fcntl) call(ioctl) call(syscall)       \
                        call(sendfile) call(getentropy) call(malloc) call(calloc) call(realloc)              \
                            call(aligned_alloc) call(posix_memalign) call(memalign)

#define AS_NUMBER(name) name##_,
#define AS_TEXT(name) #name,
enum number : unsigned { COUNTED(AS_NUMBER) how_many };
constexpr const char* names[] = {COUNTED(AS_TEXT)};

struct counter {
    char name[32];
    std::atomic<std::uint64_t> calls, again;
};
static_assert(sizeof(counter) == 48 && sizeof(names) / sizeof(*names) == how_many);

constinit counter unshared[how_many] = {};  // until the file is mapped
constinit std::atomic<counter*> counters{unshared};

__attribute__((constructor)) void share() {
    const char* const path = std::getenv("CALL_COUNTS");
    const int file = path != nullptr ? ::open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600) : -1;
    if (file < 0 || ::ftruncate(file, sizeof unshared) != 0) return;
    void* const at = ::mmap(nullptr, sizeof unshared, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    ::close(file);
    if (at == MAP_FAILED) return;
    auto* const shared = static_cast<counter*>(at);
    for (unsigned i = 0; i < how_many; ++i) std::strncpy(shared[i].name, names[i], sizeof shared[i].name - 1);
    counters = shared;
}

counter& of(number which) {
    return counters.load(std::memory_order_relaxed)[which];
}

void count(number which) {
    of(which).calls.fetch_add(1, std::memory_order_relaxed);
}

// The next definition of a function: libc's.
template <class Function>
Function* next(std::atomic<void*>& found, const char* name) {
    auto* known = found.load(std::memory_order_relaxed);
    if (known == nullptr) {
        known = ::dlsym(RTLD_NEXT, name);
        found.store(known, std::memory_order_relaxed);
    }
    return reinterpret_cast<Function*>(known);
}

template <class Result>
Result counted(number which, Result result) {
    count(which);
    if (result < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        of(which).again.fetch_add(1, std::memory_order_relaxed);
    return result;
}

}  // namespace

// Forwards with the same arguments, and counts.
#define FORWARD(result, name, parameters, arguments, ...)                         \
    result name parameters __VA_ARGS__ {                                          \
        static constinit std::atomic<void*> found{};                              \
        return counted(name##_, next<result parameters>(found, #name) arguments); \
    }
// The fortified form of a function, under the plain one's counter.
#define FORWARD_CHECKED(result, name, parameters, arguments)                                  \
    result __##name##_chk parameters;                                                         \
    result __##name##_chk parameters {                                                        \
        static constinit std::atomic<void*> found{};                                          \
        return counted(name##_, next<result parameters>(found, "__" #name "_chk") arguments); \
    }

extern "C" {

FORWARD(ssize_t, recv, (int fd, void* into, size_t size, int flags), (fd, into, size, flags))
FORWARD(ssize_t, recvfrom, (int fd, void* into, size_t size, int flags, sockaddr* from, socklen_t* length),
        (fd, into, size, flags, from, length))
FORWARD(ssize_t, recvmsg, (int fd, msghdr* message, int flags), (fd, message, flags))
FORWARD(ssize_t, read, (int fd, void* into, size_t size), (fd, into, size))
FORWARD(ssize_t, readv, (int fd, const iovec* pieces, int number), (fd, pieces, number))
FORWARD(ssize_t, send, (int fd, const void* data, size_t size, int flags), (fd, data, size, flags))
FORWARD(ssize_t, sendto,
        (int fd, const void* data, size_t size, int flags, const sockaddr* to, socklen_t length),
        (fd, data, size, flags, to, length))
FORWARD(ssize_t, sendmsg, (int fd, const msghdr* message, int flags), (fd, message, flags))
FORWARD(ssize_t, write, (int fd, const void* data, size_t size), (fd, data, size))
FORWARD(ssize_t, writev, (int fd, const iovec* pieces, int number), (fd, pieces, number))
FORWARD_CHECKED(ssize_t, recv, (int fd, void* into, size_t size, size_t room, int flags),
                (fd, into, size, room, flags))
FORWARD_CHECKED(ssize_t, read, (int fd, void* into, size_t size, size_t room), (fd, into, size, room))
FORWARD_CHECKED(ssize_t, recvfrom,
                (int fd, void* into, size_t size, size_t room, int flags, sockaddr* from, socklen_t* length),
                (fd, into, size, room, flags, from, length))
FORWARD_CHECKED(int, poll, (pollfd * watched, nfds_t number, int timeout, size_t room),
                (watched, number, timeout, room))

FORWARD(int, epoll_wait, (int poller, epoll_event* events, int most, int timeout),
        (poller, events, most, timeout))
FORWARD(int, epoll_pwait, (int poller, epoll_event* events, int most, int timeout, const sigset_t* mask),
        (poller, events, most, timeout, mask))
FORWARD(int, epoll_pwait2,
        (int poller, epoll_event* events, int most, const timespec* timeout, const sigset_t* mask),
        (poller, events, most, timeout, mask))
FORWARD(int, epoll_ctl, (int poller, int what, int fd, epoll_event* event), (poller, what, fd, event),
        noexcept)
FORWARD(int, poll, (pollfd * watched, nfds_t number, int timeout), (watched, number, timeout))
FORWARD(int, ppoll, (pollfd * watched, nfds_t number, const timespec* timeout, const sigset_t* mask),
        (watched, number, timeout, mask))
FORWARD(int, select, (int most, fd_set* in, fd_set* out, fd_set* bad, timeval* timeout),
        (most, in, out, bad, timeout))
FORWARD(int, timerfd_settime, (int fd, int flags, const itimerspec* when, itimerspec* before),
        (fd, flags, when, before), noexcept)
FORWARD(int, timerfd_create, (clockid_t clock, int flags), (clock, flags), noexcept)

FORWARD(int, accept, (int listener, sockaddr* from, socklen_t* length), (listener, from, length))
FORWARD(int, accept4, (int listener, sockaddr* from, socklen_t* length, int flags),
        (listener, from, length, flags))
FORWARD(int, connect, (int fd, const sockaddr* to, socklen_t length), (fd, to, length))
FORWARD(int, socket, (int domain, int type, int protocol), (domain, type, protocol), noexcept)
FORWARD(int, setsockopt, (int fd, int level, int name, const void* value, socklen_t size),
        (fd, level, name, value, size), noexcept)
FORWARD(int, getsockopt, (int fd, int level, int name, void* value, socklen_t* size),
        (fd, level, name, value, size), noexcept)
FORWARD(int, getsockname, (int fd, sockaddr* at, socklen_t* length), (fd, at, length), noexcept)
FORWARD(int, getpeername, (int fd, sockaddr* at, socklen_t* length), (fd, at, length), noexcept)
FORWARD(int, shutdown, (int fd, int how), (fd, how), noexcept)
FORWARD(int, close, (int fd), (fd))
FORWARD(ssize_t, sendfile, (int to, int from, off_t* at, size_t size), (to, from, at, size), noexcept)
FORWARD(int, getentropy, (void* into, size_t size), (into, size))

// Functions with `...`: whatever there is goes on, as one word.
int fcntl(int fd, int what, ...) {
    va_list more;
    va_start(more, what);
    void* const argument = va_arg(more, void*);
    va_end(more);
    static constinit std::atomic<void*> found{};
    return counted(fcntl_, next<int(int, int, ...)>(found, "fcntl")(fd, what, argument));
}
int ioctl(int fd, unsigned long what, ...) noexcept {
    va_list more;
    va_start(more, what);
    void* const argument = va_arg(more, void*);
    va_end(more);
    static constinit std::atomic<void*> found{};
    return counted(ioctl_, next<int(int, unsigned long, ...)>(found, "ioctl")(fd, what, argument));
}

// What the program asks of the kernel itself counts as what the C library's function would.
long syscall(long number, ...) noexcept {
    va_list more;
    va_start(more, number);
    long arguments[6];
    for (auto& each : arguments) each = va_arg(more, long);
    va_end(more);
    static constinit std::atomic<void*> found{};
    const auto call = next<long(long, ...)>(found, "syscall");
    const auto which = number == SYS_recvfrom  ? recv_
                       : number == SYS_sendto  ? send_
                       : number == SYS_sendmsg ? sendmsg_
                                               : syscall_;
    return counted(which, call(number, arguments[0], arguments[1], arguments[2], arguments[3], arguments[4],
                               arguments[5]));
}

// The heap by the C library's other names: to look for them with dlsym would allocate.
void* __libc_malloc(size_t size);
void* __libc_calloc(size_t number, size_t size);
void* __libc_realloc(void* old, size_t size);
void* __libc_memalign(size_t alignment, size_t size);

void* malloc(size_t size) noexcept {
    count(malloc_);
    return __libc_malloc(size);
}
void* calloc(size_t number, size_t size) noexcept {
    count(calloc_);
    return __libc_calloc(number, size);
}
void* realloc(void* old, size_t size) noexcept {
    count(realloc_);
    return __libc_realloc(old, size);
}
void* memalign(size_t alignment, size_t size) noexcept;
void* memalign(size_t alignment, size_t size) noexcept {
    count(memalign_);
    return __libc_memalign(alignment, size);
}
void* aligned_alloc(size_t alignment, size_t size) noexcept {
    count(aligned_alloc_);
    return __libc_memalign(alignment, size);
}
int posix_memalign(void** at, size_t alignment, size_t size) noexcept {
    count(posix_memalign_);
    *at = __libc_memalign(alignment, size);
    return *at != nullptr ? 0 : ENOMEM;
}

}  // extern "C"
