#include <gate/telemetry/line_sink.hpp>

#include <cerrno>

#include <limits.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace gate::telemetry {
namespace {

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

// How often a blocked write looks whether it shall give up.
constexpr auto look_up = 50ms;

bool is(int fd, mode_t type) {
    struct stat status {};
    return ::fstat(fd, &status) == 0 && (status.st_mode & S_IFMT) == type;
}

}  // namespace

line_sink::line_sink(int fd)
    : fd_(fd),
      kind_(is(fd, S_IFREG)    ? kind::file
            : is(fd, S_IFSOCK) ? kind::socket
                               : kind::pipe) {}

bool line_sink::write(std::string_view lines) {
    while (!lines.empty()) {
        if (gave_up_) return false;
        if (kind_ == kind::pipe && !wait_until_writable()) return false;
        const auto piece = next_piece(lines);
        const auto written = kind_ == kind::socket
                                 ? ::send(fd_, piece.data(), piece.size(), MSG_DONTWAIT | MSG_NOSIGNAL)
                                 : ::write(fd_, piece.data(), piece.size());
        if (written >= 0) {
            lines.remove_prefix(static_cast<std::size_t>(written));
        } else if (errno == EAGAIN) {
            if (!wait_until_writable()) return false;
        } else if (errno != EINTR) {
            return false;
        }
    }
    return true;
}

// A pipe that polls as writable takes PIPE_BUF bytes without blocking (pipe(7)), and takes them in one piece,
// so that lines of other writers do not land within ours: cut at the end of a line where there is one.
std::string_view line_sink::next_piece(std::string_view lines) const {
    if (kind_ != kind::pipe || lines.size() <= PIPE_BUF) return lines;
    const auto newline = lines.rfind('\n', PIPE_BUF - 1);
    return lines.substr(0, newline == std::string_view::npos ? PIPE_BUF : newline + 1);
}

bool line_sink::wait_until_writable() {
    const auto begin = clock::now();
    for (;;) {
        pollfd wanted{fd_, POLLOUT, 0};
        const auto ready = ::poll(&wanted, 1, static_cast<int>(look_up.count()));
        if (ready > 0) return true;  // or failed: then the write says so
        if (ready < 0 && errno != EINTR) return false;
        const auto patience = patience_.load();
        if (patience >= 0 && clock::now() - begin >= std::chrono::milliseconds(patience)) {
            gave_up_ = true;
            return false;
        }
    }
}

}  // namespace gate::telemetry
