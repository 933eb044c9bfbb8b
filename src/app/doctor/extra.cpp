// The upstream and the Gate of the stage.
#include <gate/app/doctor/stage.hpp>
#include <gate/core/text.hpp>

#include <array>
#include <stdexcept>
#include <utility>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace gate::app::doctor {
namespace {

constexpr timeval patience{5, 0};  // for the rest of a request
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

extra::extra(std::string reply) : reply_(std::move(reply)) {
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof where;
    auto* const address = reinterpret_cast<sockaddr*>(&where);
    listening_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listening_ < 0 || ::bind(listening_, address, size) != 0 || ::listen(listening_, 64) != 0 ||
        ::getsockname(listening_, address, &size) != 0) {
        if (listening_ >= 0) ::close(listening_);
        throw std::runtime_error("no port of the loopback can be listened on");
    }
    port_ = ntohs(where.sin_port);
    thread_ = std::thread([this] { serve(); });
}

extra::~extra() {
    ::shutdown(listening_, SHUT_RDWR);
    thread_.join();
    ::close(listening_);
}

std::vector<std::string> extra::take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(seen_, {});
}

void extra::serve() {
    for (;;) {
        const int connection = ::accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC);
        if (connection < 0) return;
        serve_one(connection);
        ::close(connection);
    }
}

// What has come is kept even where it is not whole: nothing of it should have come.
void extra::serve_one(int connection) {
    ::setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    std::string received;
    std::array<char, 16 * 1024> block{};
    while (!is_whole(received) && received.size() < most_bytes) {
        const auto got = ::recv(connection, block.data(), block.size(), 0);
        if (got <= 0) break;
        received.append(block.data(), static_cast<std::size_t>(got));
    }
    if (received.empty()) return;
    {
        const std::lock_guard lock(mutex_);
        seen_.push_back(std::move(received));
    }
    ::send(connection, reply_.data(), reply_.size(), MSG_NOSIGNAL);
    ::shutdown(connection, SHUT_WR);
    while (::recv(connection, block.data(), block.size(), 0) > 0) {
    }
}

}  // namespace gate::app::doctor
