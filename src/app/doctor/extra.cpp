// The upstream and the Gate of the stage.
#include <gate/app/doctor/stage.hpp>
#include <gate/core/text.hpp>

#include <algorithm>
#include <array>
#include <cstring>
#include <stdexcept>
#include <utility>

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace gate::app::doctor {
namespace {

constexpr std::size_t most_bytes = 256 * 1024;

// How many bytes of body the head announces; of a chunked one it is not known.
std::size_t length_in(std::string_view head) {
    constexpr std::string_view name = "\r\nContent-Length: ";
    const auto at = head.find(name);
    if (at == std::string_view::npos) return 0;
    std::size_t out = 0;
    for (const char c : head.substr(at + name.size())) {
        if (c < '0' || c > '9') break;
        out = out * 10 + static_cast<std::size_t>(c - '0');
    }
    return out;
}

// The proxy's own writing: one framing, in one form.
bool is_whole(std::string_view received) {
    const auto end = received.find("\r\n\r\n");
    if (end == std::string_view::npos) return false;
    const auto head = received.substr(0, end + 4);
    const auto body = received.substr(head.size());
    if (head.find("\r\nTransfer-Encoding: chunked\r\n") != std::string_view::npos)
        return body.ends_with("0\r\n\r\n");
    return body.size() >= length_in(head);
}

}  // namespace

extra::extra(std::string reply, place at, core::duration patience)
    : reply_(std::move(reply)), at_(at), patience_(patience) {
    try {
        listen();
    } catch (const std::runtime_error&) {
        if (listening_ >= 0) ::close(listening_);
        throw;
    }
    thread_ = std::thread([this] { serve(); });
}

extra::~extra() {
    ::shutdown(listening_, SHUT_RDWR);
    thread_.join();
    ::close(listening_);
}

// The kernel chooses the port, and the name (unix(7), autobind).
void extra::listen() {
    sockaddr_in port{};
    port.sin_family = AF_INET;
    port.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    const bool is_port = at_ == place::loopback;
    const auto* const where =
        is_port ? reinterpret_cast<const sockaddr*>(&port) : reinterpret_cast<const sockaddr*>(&name);
    listening_ = ::socket(where->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    auto size = static_cast<socklen_t>(address_.capacity());
    if (listening_ < 0 || ::bind(listening_, where, is_port ? sizeof port : sizeof name.sun_family) != 0 ||
        ::listen(listening_, 64) != 0 || ::getsockname(listening_, address_.data(), &size) != 0)
        throw std::runtime_error("no socket of this host can be listened on");
    address_.resize(size);
}

std::uint16_t extra::port() const noexcept {
    sockaddr_in out{};
    std::memcpy(&out, address_.data(), std::min(sizeof out, address_.size()));
    return ntohs(out.sin_port);
}

std::vector<std::string> extra::take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(seen_, {});
}

void extra::serve() {
    for (;;) {
        const int connection = ::accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC);
        if (connection < 0) return;
        if (is_heard(connection)) serve_one(connection);
        ::close(connection);
    }
}

bool extra::is_heard(int connection) const {
    ucred who{};
    socklen_t size = sizeof who;
    return at_ == place::loopback ||
           (::getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &who, &size) == 0 && who.pid == ::getpid());
}

bool extra::read_more(int connection, std::string& into, core::time_point until) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - core::clock::now()).count();
    pollfd one{connection, POLLIN, 0};
    if (left <= 0 || ::poll(&one, 1, static_cast<int>(left)) != 1) return false;
    std::array<char, 16 * 1024> block{};
    const auto got = ::recv(connection, block.data(), block.size(), 0);
    if (got > 0) into.append(block.data(), static_cast<std::size_t>(got));
    return got > 0;
}

// What has come is kept even where it is not whole: nothing of it should have come.
void extra::serve_one(int connection) {
    const auto until = core::clock::now() + patience_;
    std::string received;
    while (!is_whole(received) && received.size() < most_bytes && read_more(connection, received, until)) {
    }
    if (received.empty()) return;
    {
        const std::lock_guard lock(mutex_);
        seen_.push_back(std::move(received));
    }
    ::send(connection, reply_.data(), reply_.size(), MSG_NOSIGNAL);
    ::shutdown(connection, SHUT_WR);
    std::string rest;
    while (read_more(connection, rest, until)) rest.clear();
}

}  // namespace gate::app::doctor
