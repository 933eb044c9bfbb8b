#include <gate/app/doctor/wire.hpp>

#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace gate::app::doctor {
namespace {

using milliseconds = std::chrono::milliseconds;

milliseconds left_until(core::time_point until) {
    const auto left = std::chrono::ceil<milliseconds>(until - core::clock::now());
    return std::clamp(left, milliseconds(0), milliseconds(600'000));
}

struct address_info {
    ~address_info() {
        if (first != nullptr) ::freeaddrinfo(first);
    }
    addrinfo* first = nullptr;
};

std::string look_up(const std::string& host, std::uint16_t port, address_info& into) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_NUMERICSERV;
    const int code = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &into.first);
    if (code == 0) return {};
    return code == EAI_SYSTEM ? std::strerror(errno) : ::gai_strerror(code);
}

// The descriptor of a connection, or -1 with errno.
int connect_to(const sockaddr* where, socklen_t size, core::time_point until) {
    const int out = ::socket(where->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (out < 0) return -1;
    int problem = ::connect(out, where, size) == 0 ? 0 : errno;
    if (problem == EINPROGRESS) {
        pollfd one{out, POLLOUT, 0};
        socklen_t length = sizeof problem;
        if (::poll(&one, 1, static_cast<int>(left_until(until).count())) != 1) {
            problem = ETIMEDOUT;
        } else if (::getsockopt(out, SOL_SOCKET, SO_ERROR, &problem, &length) != 0) {
            problem = errno;
        }
    }
    if (problem == 0) return out;
    ::close(out);
    errno = problem;
    return -1;
}

std::ptrdiff_t count(const addrinfo* each) {
    std::ptrdiff_t out = 0;
    for (; each != nullptr; each = each->ai_next) ++out;
    return out;
}

bool is_transient(int problem) {
    return problem == EAGAIN || problem == EWOULDBLOCK || problem == EINTR;
}

}  // namespace

core::time_point share_of(core::time_point now, core::time_point until, std::ptrdiff_t count) {
    return now + (until - now) / count;
}

resolution resolve(const std::string& host) {
    address_info found;
    resolution out;
    out.problem = look_up(host, 0, found);
    for (const auto* each = found.first; each != nullptr; each = each->ai_next) {
        std::array<char, NI_MAXHOST> text{};
        if (::getnameinfo(each->ai_addr, each->ai_addrlen, text.data(), text.size(), nullptr, 0,
                          NI_NUMERICHOST) == 0)
            out.addresses.emplace_back(text.data());
    }
    return out;
}

wire wire::failed(std::string why) {
    wire out;
    out.problem_ = std::move(why);
    return out;
}

wire wire::to_port(const std::string& host, std::uint16_t port, core::time_point until) {
    address_info found;
    if (auto problem = look_up(host, port, found); !problem.empty()) return failed(std::move(problem));
    wire out;
    auto left = count(found.first);
    for (const auto* each = found.first; each != nullptr && !out.is_open(); each = each->ai_next) {
        out.descriptor_ =
            connect_to(each->ai_addr, each->ai_addrlen, share_of(core::clock::now(), until, left--));
        out.problem_ = out.is_open() ? std::string() : std::strerror(errno);
    }
    return out;
}

wire wire::to_socket(const std::string& path, core::time_point until) {
    sockaddr_un where{};
    where.sun_family = AF_UNIX;
    if (path.empty() || path.size() >= sizeof where.sun_path) return failed("the path is too long");
    std::memcpy(where.sun_path, path.data(), path.size());
    const bool is_abstract = path.front() == '@';
    if (is_abstract) where.sun_path[0] = '\0';
    const auto size = offsetof(sockaddr_un, sun_path) + path.size() + (is_abstract ? 0 : 1);
    wire out;
    out.descriptor_ =
        connect_to(reinterpret_cast<const sockaddr*>(&where), static_cast<socklen_t>(size), until);
    if (!out.is_open()) out.problem_ = std::strerror(errno);
    return out;
}

wire wire::to_url(const config::url& where, core::time_point until) {
    return where.socket.empty() ? to_port(where.host, where.port, until) : to_socket(where.socket, until);
}

wire::wire(wire&& other) noexcept {
    *this = std::move(other);
}

wire& wire::operator=(wire&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    std::swap(context_, other.context_);
    std::swap(tls_, other.tls_);
    std::swap(timed_out_, other.timed_out_);
    std::swap(problem_, other.problem_);
    std::swap(shown_, other.shown_);
    return *this;
}

wire::~wire() {
    close();
}

void wire::close() noexcept {
    if (tls_ != nullptr) SSL_free(std::exchange(tls_, nullptr));
    if (context_ != nullptr) SSL_CTX_free(std::exchange(context_, nullptr));
    if (is_open()) ::close(std::exchange(descriptor_, -1));
}

bool wire::wait(short events, core::time_point until) {
    const auto left = left_until(until);
    pollfd one{descriptor_, events, 0};
    timed_out_ = left.count() == 0 || ::poll(&one, 1, static_cast<int>(left.count())) == 0;
    return !timed_out_;
}

bool wire::send(std::string_view bytes, core::time_point until) {
    while (!bytes.empty()) {
        if (!is_open() || !wait(POLLOUT, until)) return false;
        const auto size = std::min<std::size_t>(bytes.size(), 1 << 20);
        const auto put = tls_ != nullptr ? send_tls(bytes.substr(0, size), until)
                                         : ::send(descriptor_, bytes.data(), size, MSG_NOSIGNAL);
        if (put < 0 && tls_ == nullptr && is_transient(errno)) continue;
        if (put <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(put));
    }
    return true;
}

bool wire::read_more(std::string& into, core::time_point until) {
    if (!is_open()) return false;
    std::array<char, 16 * 1024> block{};
    if (tls_ != nullptr) {
        const auto got = read_tls(block, until);
        if (got > 0) into.append(block.data(), static_cast<std::size_t>(got));
        return got > 0;
    }
    while (wait(POLLIN, until)) {
        const auto got = ::recv(descriptor_, block.data(), block.size(), 0);
        if (got > 0) into.append(block.data(), static_cast<std::size_t>(got));
        if (got >= 0 || !is_transient(errno)) return got > 0;
    }
    return false;
}

}  // namespace gate::app::doctor
