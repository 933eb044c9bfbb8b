// The floor: a TCP relay that knows no HTTP. Accepts, connects to the upstream, then only reads and writes,
// with one epoll loop in one thread. What a proxy costs above this is what it does with the requests.
//
//   relay PORT UPSTREAM-PORT [PROCESSES]       all on the loopback; the processes share the port
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

// One socket of a relayed pair.
struct side {
    int fd = -1;
    side* peer = nullptr;
    std::string unsent;  // to this socket; its peer is not read meanwhile
};

int poller;
std::array<char, 65536> buffer;
std::vector<side*> dead;  // freed after all events of a round: some may still be for them

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

void control(int operation, int fd, side* which, std::uint32_t events) {
    epoll_event event{};
    event.events = events;
    event.data.ptr = which;
    epoll_ctl(poller, operation, fd, &event);
}

int listen_on(int port) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    set_option(fd, SOL_SOCKET, SO_REUSEADDR);
    set_option(fd, SOL_SOCKET, SO_REUSEPORT);
    const auto address = loopback(port);
    if (bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 && listen(fd, 4096) == 0)
        return fd;
    std::perror("relay");
    std::exit(1);
}

void accept_one(int client, int upstream_port) {
    const int upstream = socket(AF_INET, SOCK_STREAM, 0);
    const auto address = loopback(upstream_port);
    if (connect(upstream, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        close(client);
        close(upstream);
        return;
    }
    fcntl(upstream, F_SETFL, O_NONBLOCK);
    set_option(upstream, IPPROTO_TCP, TCP_NODELAY);
    set_option(client, IPPROTO_TCP, TCP_NODELAY);
    auto *a = new side{client, nullptr, {}}, *b = new side{upstream, a, {}};
    a->peer = b;
    control(EPOLL_CTL_ADD, client, a, EPOLLIN);
    control(EPOLL_CTL_ADD, upstream, b, EPOLLIN);
}

void shut(side* one) {
    for (auto* each : {one, one->peer}) {
        close(each->fd);
        each->fd = -1;
        dead.push_back(each);
    }
}

void flush(side* to) {
    const auto sent = send(to->fd, to->unsent.data(), to->unsent.size(), MSG_NOSIGNAL);
    if (sent > 0) to->unsent.erase(0, static_cast<std::size_t>(sent));
    if (!to->unsent.empty()) return;
    control(EPOLL_CTL_MOD, to->fd, to, EPOLLIN);
    control(EPOLL_CTL_MOD, to->peer->fd, to->peer, EPOLLIN);
}

void relay(side* from) {
    auto* to = from->peer;
    if (!to->unsent.empty()) return;
    const auto count = recv(from->fd, buffer.data(), buffer.size(), 0);
    if (count < 0 && errno == EAGAIN) return;
    if (count <= 0) return shut(from);
    auto sent = send(to->fd, buffer.data(), static_cast<std::size_t>(count), MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN) return shut(from);
    if (sent == count) return;
    if (sent < 0) sent = 0;
    to->unsent.assign(buffer.data() + sent, static_cast<std::size_t>(count - sent));
    control(EPOLL_CTL_MOD, to->fd, to, EPOLLIN | EPOLLOUT);
    control(EPOLL_CTL_MOD, from->fd, from, 0);
}

[[noreturn]] void run(int port, int upstream_port) {
    poller = epoll_create1(0);
    const int listener = listen_on(port);
    control(EPOLL_CTL_ADD, listener, nullptr, EPOLLIN);
    std::array<epoll_event, 256> events;
    for (;;) {
        const int count = epoll_wait(poller, events.data(), static_cast<int>(events.size()), -1);
        for (int i = 0; i < count; ++i) {
            const auto& event = events[static_cast<std::size_t>(i)];
            auto* which = static_cast<side*>(event.data.ptr);
            if (which == nullptr) {
                for (int fd; (fd = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK)) >= 0;)
                    accept_one(fd, upstream_port);
                continue;
            }
            if (which->fd >= 0 && (event.events & EPOLLOUT) != 0 && !which->unsent.empty()) flush(which);
            if (which->fd >= 0 && (event.events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) relay(which);
        }
        for (auto* each : dead) delete each;
        dead.clear();
    }
}

}  // namespace

int main(int count, char** values) {
    if (count < 3) return 2;
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    const int others = count > 3 ? std::atoi(values[3]) - 1 : 0;
    for (int i = 0; i < others; ++i) {
        if (fork() != 0) continue;
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        break;
    }
    run(std::atoi(values[1]), std::atoi(values[2]));
}
