#include <gate/net/inherited_sockets.hpp>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <optional>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace gate::net {
namespace {

constexpr int first_descriptor = 3;
constexpr int most = 1024;

std::optional<int> read_number(const char* variable) {
    const char* const text = std::getenv(variable);
    if (text == nullptr) return std::nullopt;
    const std::string_view digits(text);
    int out = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), out);
    if (error != std::errc() || end != digits.data() + digits.size() || out < 0) return std::nullopt;
    return out;
}

int option_of(int descriptor, int which) {
    int value = -1;
    socklen_t size = sizeof value;
    return ::getsockopt(descriptor, SOL_SOCKET, which, &value, &size) == 0 ? value : -1;
}

bool is_stream_listener(int descriptor) {
    const int domain = option_of(descriptor, SO_DOMAIN);
    return option_of(descriptor, SO_TYPE) == SOCK_STREAM && option_of(descriptor, SO_ACCEPTCONN) == 1 &&
           (domain == AF_INET || domain == AF_INET6 || domain == AF_UNIX);
}

// What sd_listen_fds_with_names(3) calls those without a name.
std::string take_name(std::string_view& names) {
    const auto colon = names.find(':');
    const auto name = names.substr(0, colon);
    names = colon == std::string_view::npos ? std::string_view() : names.substr(colon + 1);
    return name.empty() ? "unknown" : std::string(name);
}

}  // namespace

inherited_sockets inherited_sockets::take() {
    inherited_sockets out;
    const auto process = read_number("LISTEN_PID");
    const auto count = read_number("LISTEN_FDS");
    const char* const given = std::getenv("LISTEN_FDNAMES");
    const std::string all_names = given == nullptr ? "" : given;
    for (const char* const variable : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"}) ::unsetenv(variable);
    if (!process || *process != ::getpid() || !count) return out;
    std::string_view names = all_names;
    for (int fd = first_descriptor; fd < first_descriptor + std::min(*count, most); ++fd) {
        auto name = take_name(names);
        if (::fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) continue;  // it is not open
        out.all_.push_back({std::move(name), listening_socket(fd)});
        out.all_.back().socket.set_lent();
    }
    return out;
}

core::result<std::vector<listening_socket>> inherited_sockets::find(std::string_view name) const {
    namespace errc = boost::system::errc;
    std::vector<listening_socket> out;
    for (const auto& each : all_) {
        if (each.name != name) continue;
        const int fd = each.socket.descriptor();
        if (!is_stream_listener(fd)) return make_error_code(errc::not_a_socket);
        const int flags = ::fcntl(fd, F_GETFL);
        if (flags < 0 || ::fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0)
            return core::error_code(errno, boost::system::system_category());
        probe_silent_peers(fd);
        auto copy = each.socket.duplicate();
        if (!copy) return copy.error();
        out.push_back(std::move(*copy));
    }
    return out;
}

std::vector<std::string> inherited_sockets::names() const {
    std::vector<std::string> out;
    for (const auto& each : all_)
        if (std::ranges::find(out, each.name) == out.end()) out.push_back(each.name);
    return out;
}

}  // namespace gate::net
