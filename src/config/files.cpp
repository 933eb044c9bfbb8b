#include <gate/config/files.hpp>

#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace gate::config {

namespace {

class descriptor {
public:
    explicit descriptor(int fd) : fd_(fd) {}
    ~descriptor() {
        if (fd_ >= 0) ::close(fd_);
    }
    descriptor(const descriptor&) = delete;
    descriptor& operator=(const descriptor&) = delete;
    int get() const { return fd_; }

private:
    int fd_;
};

std::string cannot_read(int error) {
    return "cannot be read: " + std::generic_category().message(error);
}

// Why the open file is not of that kind, or "".
std::string check_kind(int fd, file_kind kind) {
    struct stat about {};
    if (::fstat(fd, &about) != 0) return cannot_read(errno);
    if (S_ISDIR(about.st_mode)) return "is a directory";
    if (kind == file_kind::regular && !S_ISREG(about.st_mode)) return "is not a regular file";
    return {};
}

}  // namespace

parsed<std::string> read_file(const std::string& path, std::size_t most, file_kind kind) {
    // Opening a pipe that has no writer would wait for ever, where only a regular file is wanted.
    const int wait = kind == file_kind::regular ? O_NONBLOCK : 0;
    const descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | wait));
    if (file.get() < 0) return refusal{cannot_read(errno)};
    if (auto bad = check_kind(file.get(), kind); !bad.empty()) return refusal{std::move(bad)};

    // One allocation up front: growing would leave copies of a secret in freed memory.
    std::string content(most + 1, '\0');
    std::size_t size = 0;
    while (size < content.size()) {
        const ssize_t n = ::read(file.get(), content.data() + size, content.size() - size);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return refusal{cannot_read(errno)};
        if (n == 0) break;
        size += static_cast<std::size_t>(n);
    }
    if (size > most) return refusal{"is larger than " + format_size(most)};
    content.resize(size);
    return content;
}

std::string check_readable(const std::string& path) {
    const descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (file.get() < 0) return cannot_read(errno);
    if (auto bad = check_kind(file.get(), file_kind::regular); !bad.empty()) return bad;
    char first = 0;
    const ssize_t n = ::read(file.get(), &first, 1);
    if (n < 0) return cannot_read(errno);
    return n == 0 ? "is empty" : "";
}

}  // namespace gate::config
