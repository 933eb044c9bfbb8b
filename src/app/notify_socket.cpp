#include <gate/app/notify_socket.hpp>

#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <utility>

#include <unistd.h>

namespace gate::app {
namespace {

// A variable of the service manager, which is unset.
std::string take(const char* name) {
    const char* const value = std::getenv(name);
    std::string out = value == nullptr ? "" : value;
    ::unsetenv(name);
    return out;
}

std::optional<long long> number_in(std::string_view text) {
    long long out = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), out);
    if (read.ec != std::errc() || read.ptr != text.data() + text.size() || out <= 0) return std::nullopt;
    return out;
}

core::error_code last_error() {
    return {errno, boost::system::system_category()};
}

}  // namespace

service_variables read_service_variables(const service_texts& from, long own_pid) {
    service_variables out;
    const auto& name = from.notify_socket;
    const bool is_usable = name.size() >= 2 && name.size() < sizeof(sockaddr_un::sun_path) &&
                           (name.front() == '/' || name.front() == '@');
    if (is_usable) out.notify_socket = name;
    if (!name.empty() && !is_usable)
        out.problem =
            "NOTIFY_SOCKET is neither an absolute path nor an abstract name: the service manager is "
            "told nothing";
    if (!is_usable || from.watchdog_usec.empty()) return out;
    if (!from.watchdog_pid.empty() && number_in(from.watchdog_pid) != own_pid) return out;
    if (const auto usec = number_in(from.watchdog_usec)) {
        out.watchdog = std::chrono::microseconds(*usec);
    } else {
        out.problem = "WATCHDOG_USEC is no number: the watchdog is told nothing";
    }
    return out;
}

service_variables take_service_variables() {
    const auto name = take("NOTIFY_SOCKET");
    const auto usec = take("WATCHDOG_USEC");
    const auto pid = take("WATCHDOG_PID");
    return read_service_variables({name, usec, pid}, ::getpid());
}

core::result<notify_socket> notify_socket::open(std::string_view name) {
    notify_socket out;
    if (name.size() >= sizeof out.address_.sun_path)
        return core::error_code(ENAMETOOLONG, boost::system::system_category());
    out.descriptor_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (out.descriptor_ < 0) return last_error();
    out.address_.sun_family = AF_UNIX;
    std::memcpy(out.address_.sun_path, name.data(), name.size());
    const bool is_abstract = name.starts_with('@');
    if (is_abstract) out.address_.sun_path[0] = '\0';
    // An abstract name ends where its size says, a path with a zero byte.
    out.size_ = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size() + (is_abstract ? 0 : 1));
    return out;
}

notify_socket::notify_socket(notify_socket&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), address_(other.address_), size_(other.size_) {}

notify_socket::~notify_socket() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

core::result<void> notify_socket::send(std::string_view lines) const {
    const auto* const to = reinterpret_cast<const sockaddr*>(&address_);
    const auto sent =
        ::sendto(descriptor_, lines.data(), lines.size(), MSG_NOSIGNAL | MSG_DONTWAIT, to, size_);
    if (sent < 0) return last_error();
    return {};
}

}  // namespace gate::app
