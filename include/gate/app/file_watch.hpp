#pragma once
// Notices that a file may have changed, by inotify(7) on its directory: a watch on the file itself would be
// lost when the file is replaced, and Kubernetes replaces a whole mounted secret by renaming a link,
// `..data`, that stands beside it. Reports too much rather than too little: the receiver compares the
// content.

#include <gate/core/asio.hpp>

#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include <array>
#include <functional>
#include <string>

namespace gate::app {

// Not thread-safe: belongs to the thread of `executor`. Destroy it there, or after the io_context has
// stopped.
class file_watch {
public:
    file_watch(core::executor executor, const std::string& path, std::function<void()> changed);

    // Watches the directory that the path names now: again and again, because that may be another one by
    // then. False: it cannot be watched now (it is not there, or the system has no watches left).
    bool renew();

    void stop();

private:
    bool open();
    void wait();
    void on_events(std::size_t size);
    bool concerns_us(std::string_view name) const;

    std::string directory_;
    std::string name_;
    std::function<void()> changed_;
    boost::asio::posix::basic_stream_descriptor<core::executor> descriptor_;
    int watch_ = -1;
    alignas(8) std::array<char, 4096> buffer_{};  // inotify_event, and names
};

}  // namespace gate::app
