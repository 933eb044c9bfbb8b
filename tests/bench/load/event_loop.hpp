#pragma once
// One epoll loop, the sockets that it watches, and the clock. Single-threaded; whatever is watched must live
// as long as the loop: the load generator frees nothing before it ends.
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

namespace bench {

using clock = std::chrono::steady_clock;
using time_point = clock::time_point;
using duration = std::chrono::nanoseconds;

class watched {
public:
    virtual ~watched() = default;
    // What epoll saw: EPOLLIN, EPOLLOUT, EPOLLHUP, EPOLLERR.
    virtual void on_events(std::uint32_t events) = 0;
};

class event_loop {
public:
    event_loop();
    event_loop(const event_loop&) = delete;
    event_loop& operator=(const event_loop&) = delete;
    ~event_loop();

    // Begins to watch fd for input.
    void watch(int fd, watched& what);
    // From now on for output too, or for input alone.
    void want_output(int fd, watched& what, bool output);
    // Waits for events, no longer than `longest`, and handles those that came.
    void run_once(duration longest);

private:
    int epoll_;
};

// Accepts connections on a port of the loopback, and hands each to `take`.
class acceptor : public watched {
public:
    // share_port: other processes listen on the same port, and the kernel spreads the connections. Exits
    // where the port is taken.
    acceptor(event_loop& loop, int port, bool share_port, std::function<void(int fd)> take);
    // On a Unix socket, in place of one that was left there.
    acceptor(event_loop& loop, const std::string& path, std::function<void(int fd)> take);
    void on_events(std::uint32_t events) override;

private:
    int fd_;
    std::function<void(int fd)> take_;
};

// A connection to a port of the loopback without delay. Exits where nobody listens.
int connect_to(int port);
void stop_blocking(int fd);

// Says on standard error what failed and why, and ends the process.
[[noreturn]] void fail(const char* what);

}  // namespace bench
