#include <gate/net/listening_socket.hpp>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <string_view>

#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace gate::net {
namespace {

constexpr int backlog = 4096;

core::error_code last_error() {
    return {errno, boost::system::system_category()};
}

bool switch_on(int descriptor, int option) {
    const int on = 1;
    return ::setsockopt(descriptor, SOL_SOCKET, option, &on, sizeof on) == 0;
}

core::result<listening_socket> bind_and_listen(const core::tcp::endpoint& address, bool shares_port) {
    listening_socket out(
        ::socket(address.protocol().family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP));
    const int fd = out.descriptor();
    if (fd < 0 || !switch_on(fd, SO_REUSEADDR)) return last_error();
    if (shares_port && !switch_on(fd, SO_REUSEPORT)) return last_error();
    probe_silent_peers(fd);
    if (::bind(fd, address.data(), static_cast<socklen_t>(address.size())) != 0) return last_error();
    if (::listen(fd, backlog) != 0) return last_error();
    return out;
}

}  // namespace

// A peer that has vanished without a word is noticed within two minutes, even where nothing is sent to it.
void probe_silent_peers(int descriptor) noexcept {
    const auto set = [descriptor](int level, int name, int value) {
        (void)::setsockopt(descriptor, level, name, &value, sizeof value);
    };
    set(SOL_SOCKET, SO_KEEPALIVE, 1);
    set(IPPROTO_TCP, TCP_KEEPIDLE, 60);   // seconds
    set(IPPROTO_TCP, TCP_KEEPINTVL, 15);  // seconds
    set(IPPROTO_TCP, TCP_KEEPCNT, 4);
}

// SO_REUSEPORT would let a second process of the same user listen beside us unnoticed: an address is only
// shared if no other socket has it yet.
core::result<listening_socket> listening_socket::open(const config::listen_address& where, sharing share) {
    core::error_code ec;
    const auto host = boost::asio::ip::make_address(where.host, ec);
    if (ec) return ec;
    const core::tcp::endpoint address(host, where.port);
    if (share == sharing::first) {
        const auto probe = bind_and_listen(address, false);
        if (!probe) return probe.error();
    }
    return bind_and_listen(address, share != sharing::none);
}

listening_socket::~listening_socket() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

core::result<listening_socket> listening_socket::duplicate() const {
    listening_socket out(::fcntl(descriptor_, F_DUPFD_CLOEXEC, 0));
    if (out.descriptor() < 0) return last_error();
    out.is_lent_ = is_lent_;
    return out;
}

bool listening_socket::is_unix() const noexcept {
    int domain = 0;
    socklen_t size = sizeof domain;
    return ::getsockopt(descriptor_, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 && domain == AF_UNIX;
}

config::listen_address listening_socket::local() const {
    config::listen_address out;
    if (is_unix()) {
        sockaddr_un address{};
        socklen_t size = sizeof address;
        if (::getsockname(descriptor_, reinterpret_cast<sockaddr*>(&address), &size) != 0) return out;
        const std::size_t length = size - offsetof(sockaddr_un, sun_path);
        const std::string_view path(address.sun_path, std::min(length, sizeof address.sun_path));
        if (!path.empty() && path.front() == '\0') {
            out.socket = "@" + std::string(path.substr(1));
        } else {
            out.socket = path.substr(0, path.find('\0'));
        }
        return out;
    }
    core::tcp::endpoint address;
    auto size = static_cast<socklen_t>(address.capacity());
    if (::getsockname(descriptor_, address.data(), &size) != 0) return out;
    address.resize(size);
    out.host = address.address().to_string();
    out.port = address.port();
    return out;
}

}  // namespace gate::net
