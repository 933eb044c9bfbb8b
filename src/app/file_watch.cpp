#include <gate/app/file_watch.hpp>

#include <boost/asio/buffer.hpp>

#include <cstring>

#include <sys/inotify.h>

namespace gate::app {
namespace {

// Not IN_MODIFY: a file that is being written is not ready to be read.
constexpr std::uint32_t interesting = IN_CREATE | IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE |
                                      IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;

std::string directory_of(const std::string& path) {
    const auto slash = path.rfind('/');
    if (slash == std::string::npos) return ".";
    return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

file_watch::file_watch(core::executor executor, const std::string& path, std::function<void()> changed)
    : directory_(directory_of(path)),
      name_(path.substr(path.rfind('/') + 1)),
      changed_(std::move(changed)),
      descriptor_(executor) {}

bool file_watch::renew() {
    if (!descriptor_.is_open() && !open()) return false;
    const int watch = ::inotify_add_watch(descriptor_.native_handle(), directory_.c_str(), interesting);
    // The directory that the path named before may still be there, under another name.
    if (watch_ >= 0 && watch != watch_) ::inotify_rm_watch(descriptor_.native_handle(), watch_);
    watch_ = watch;
    return watch >= 0;
}

bool file_watch::open() {
    const int descriptor = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (descriptor < 0) return false;
    descriptor_.assign(descriptor);
    wait();
    return true;
}

void file_watch::stop() {
    core::error_code ignored;
    descriptor_.close(ignored);
    watch_ = -1;
}

void file_watch::wait() {
    descriptor_.async_read_some(core::asio::buffer(buffer_),
                                [this](const core::error_code& ec, std::size_t size) {
                                    if (ec) return;
                                    on_events(size);
                                    if (descriptor_.is_open()) wait();
                                });
}

void file_watch::on_events(std::size_t size) {
    bool told = false;
    for (std::size_t at = 0; at + sizeof(inotify_event) <= size;) {
        inotify_event event;
        std::memcpy(&event, buffer_.data() + at, sizeof event);
        const char* const name = buffer_.data() + at + sizeof event;
        told |= concerns_us({name, ::strnlen(name, event.len)});
        at += sizeof event + event.len;
    }
    if (told) changed_();
}

// Without a name it is the directory itself; with two dots in front one of Kubernetes' links.
bool file_watch::concerns_us(std::string_view name) const {
    return name.empty() || name == name_ || name.starts_with("..");
}

}  // namespace gate::app
