#pragma once
// The socket over which a service manager is told how the process is doing: sd_notify(3), without its
// library.

#include <gate/core/result.hpp>

#include <chrono>
#include <string>
#include <string_view>

#include <sys/socket.h>
#include <sys/un.h>

namespace gate::app {

// What the service manager has set for this process: sd_notify(3), sd_watchdog_enabled(3).
struct service_variables {
    std::string notify_socket{};  // NOTIFY_SOCKET: a path, or an abstract name after '@'; empty: none
    std::chrono::microseconds watchdog{0};  // WATCHDOG_USEC; 0: none, or it is meant for another process
    std::string problem{};                  // why one of them cannot be used; empty: nothing is wrong
};

// Takes the variables out of the environment, which no other process is to inherit. Not thread-safe.
service_variables take_service_variables();

// Pure. Empty texts: not set. `own_pid`: which WATCHDOG_PID must be, where it is set.
struct service_texts {
    std::string_view notify_socket{};
    std::string_view watchdog_usec{};
    std::string_view watchdog_pid{};
};
service_variables read_service_variables(const service_texts& from, long own_pid);

// Not thread-safe.
class notify_socket {
public:
    // Errors: those of socket(2); a name that is too long for an address. Precondition: a name that
    // read_service_variables has returned, not empty.
    static core::result<notify_socket> open(std::string_view name);
    notify_socket(notify_socket&& other) noexcept;
    notify_socket& operator=(notify_socket&&) = delete;
    ~notify_socket();

    // One datagram of "NAME=value" lines. Never waits. Errors: those of sendto(2).
    core::result<void> send(std::string_view lines) const;

private:
    notify_socket() = default;

    int descriptor_ = -1;
    sockaddr_un address_{};
    socklen_t size_ = 0;
};

}  // namespace gate::app
