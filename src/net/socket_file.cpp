#include <gate/net/socket_file.hpp>

#include <boost/asio/local/stream_protocol.hpp>

#include <cerrno>
#include <optional>

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace gate::net {
namespace {

using address = boost::asio::local::stream_protocol::endpoint;

constexpr int backlog = 4096;

core::error_code error_of(int number) {
    return {number, boost::system::system_category()};
}

// Two processes that start at the same time look at the file in turn. Where the directory cannot be locked,
// or somebody keeps it locked, it goes without.
class directory_lock {
public:
    explicit directory_lock(const std::string& path)
        : descriptor_(
              ::open(path.substr(0, path.rfind('/') + 1).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
        constexpr int tries = 100;
        constexpr int pause = 10;  // ms
        for (int i = 0; i < tries && descriptor_ >= 0; ++i) {
            if (::flock(descriptor_, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) return;
            (void)::poll(nullptr, 0, pause);
        }
    }
    ~directory_lock() {
        if (descriptor_ >= 0) ::close(descriptor_);
    }
    directory_lock(const directory_lock&) = delete;
    directory_lock& operator=(const directory_lock&) = delete;

private:
    int descriptor_;
};

int open_socket() {
    return ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

// 0: nobody listens at the socket that is there. EAGAIN is the answer of one whose queue is full.
int find_listener(const address& where) {
    const listening_socket probe(open_socket());
    if (probe.descriptor() < 0) return errno;
    const int done = ::connect(probe.descriptor(), where.data(), static_cast<socklen_t>(where.size()));
    if (done == 0 || errno == EAGAIN) return EADDRINUSE;
    return errno == ECONNREFUSED ? 0 : errno;
}

// Error 0: the place is free now.
int remove_stale(const std::string& path, const address& where) {
    struct stat there {};
    if (::lstat(path.c_str(), &there) != 0) return errno == ENOENT ? 0 : errno;
    if (!S_ISSOCK(there.st_mode)) return EEXIST;
    if (const int error = find_listener(where); error != 0) return error;
    return ::unlink(path.c_str()) == 0 || errno == ENOENT ? 0 : errno;
}

// fchmod() before bind() bounds what the file is made with, whatever the umask; the umask may have taken
// some of it, which chmod() adds.
int bind_with_mode(int descriptor, const std::string& path, const address& where, mode_t mode) {
    (void)::fchmod(descriptor, mode);
    if (::bind(descriptor, where.data(), static_cast<socklen_t>(where.size())) != 0) return errno;
    if (::chmod(path.c_str(), mode) == 0) return 0;
    const int error = errno;
    ::unlink(path.c_str());
    return error;
}

}  // namespace

void socket_file::remove() noexcept {
    const auto path = std::exchange(path_, {});
    struct stat there {};
    if (path.empty() || ::lstat(path.c_str(), &there) != 0) return;
    if (there.st_dev == device_ && there.st_ino == number_) ::unlink(path.c_str());
}

core::result<opened_socket_file> open_socket_file(const std::string& path, unsigned mode) {
    const address where(path);
    const directory_lock in_turn(path);
    listening_socket socket(open_socket());
    if (socket.descriptor() < 0) return error_of(errno);
    if (const int error = remove_stale(path, where); error != 0) return error_of(error);
    if (const int error = bind_with_mode(socket.descriptor(), path, where, mode); error != 0)
        return error_of(error);
    struct stat made {};
    if (::lstat(path.c_str(), &made) != 0) return error_of(errno);
    socket_file file(path, made.st_dev, made.st_ino);
    if (::listen(socket.descriptor(), backlog) != 0) return error_of(errno);
    return opened_socket_file{std::move(socket), std::move(file)};
}

}  // namespace gate::net
