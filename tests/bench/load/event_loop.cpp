#include "event_loop.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

namespace bench {
namespace {

constexpr int backlog = 4096;

sockaddr_in loopback(int port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

void set_option(int fd, int level, int name) {
    const int on = 1;
    setsockopt(fd, level, name, &on, sizeof on);
}

}  // namespace

void fail(const char* what) {
    std::perror(what);
    std::exit(1);
}

event_loop::event_loop() : epoll_(epoll_create1(EPOLL_CLOEXEC)) {
    if (epoll_ < 0) fail("epoll_create1");
}

event_loop::~event_loop() {
    close(epoll_);
}

void event_loop::watch(int fd, watched& what) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = &what;
    if (epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) fail("epoll_ctl");
}

void event_loop::want_output(int fd, watched& what, bool output) {
    epoll_event event{};
    event.events = output ? EPOLLIN | EPOLLOUT : EPOLLIN;
    event.data.ptr = &what;
    epoll_ctl(epoll_, EPOLL_CTL_MOD, fd, &event);
}

void event_loop::run_once(duration longest) {
    std::array<epoll_event, 512> events;
    const auto nanoseconds = longest.count() < 0 ? 0 : longest.count();
    const timespec limit{nanoseconds / 1'000'000'000, nanoseconds % 1'000'000'000};
    const int count = epoll_pwait2(epoll_, events.data(), static_cast<int>(events.size()), &limit, nullptr);
    for (int i = 0; i < count; ++i) {
        const auto& event = events[static_cast<std::size_t>(i)];
        static_cast<watched*>(event.data.ptr)->on_events(event.events);
    }
}

acceptor::acceptor(event_loop& loop, int port, bool share_port, std::function<void(int fd)> take)
    : fd_(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)), take_(std::move(take)) {
    set_option(fd_, SOL_SOCKET, SO_REUSEADDR);
    if (share_port) set_option(fd_, SOL_SOCKET, SO_REUSEPORT);
    const auto address = loopback(port);
    if (bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) fail("bind");
    if (listen(fd_, backlog) != 0) fail("listen");
    loop.watch(fd_, *this);
}

acceptor::acceptor(event_loop& loop, const std::string& path, std::function<void(int fd)> take)
    : fd_(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)), take_(std::move(take)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    unlink(path.c_str());
    if (bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) fail("bind");
    if (listen(fd_, backlog) != 0) fail("listen");
    loop.watch(fd_, *this);
}

void acceptor::on_events(std::uint32_t) {
    for (;;) {
        const int fd = accept4(fd_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) return;
        set_option(fd, IPPROTO_TCP, TCP_NODELAY);
        take_(fd);
    }
}

int connect_to(int port) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const auto address = loopback(port);
    if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) fail("connect");
    set_option(fd, IPPROTO_TCP, TCP_NODELAY);
    return fd;
}

void stop_blocking(int fd) {
    fcntl(fd, F_SETFL, O_NONBLOCK);
}

}  // namespace bench
