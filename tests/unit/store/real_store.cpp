#include "real_store.hpp"

#include <gate/store/command.hpp>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <thread>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

namespace gate::test {
namespace {

constexpr int patience = 5'000;  // ms

int connect_to(const sockaddr* address, socklen_t size) {
    const int descriptor = ::socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor >= 0 && ::connect(descriptor, address, size) == 0) return descriptor;
    ::close(descriptor);
    throw std::runtime_error("redis-server does not accept a connection");
}

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in out{};
    out.sin_family = AF_INET;
    out.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    out.sin_port = htons(port);
    return out;
}

int connect_to_socket(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    return connect_to(reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

}  // namespace

bool has_redis_server() {
    static const bool is_there = std::system("command -v redis-server >/dev/null 2>&1") == 0;
    if (!is_there) std::puts("redis-server is not installed");
    return is_there;
}

std::uint16_t free_port() {
    const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    auto address = loopback(0);
    socklen_t size = sizeof address;
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    if (::bind(descriptor, any, size) != 0 || ::getsockname(descriptor, any, &size) != 0)
        throw std::runtime_error("there is no free port");
    ::close(descriptor);
    return ntohs(address.sin_port);
}

redis_client::redis_client(const std::string& socket) : descriptor_(connect_to_socket(socket)) {}

redis_client::redis_client(std::uint16_t port) {
    const auto address = loopback(port);
    descriptor_ = connect_to(reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

redis_client::~redis_client() {
    ::close(descriptor_);
}

store::reply redis_client::operator()(std::span<const std::string_view> words) {
    std::string text;
    store::begin_command(text, words.size());
    store::append_words(text, words);
    for (std::size_t sent = 0; sent < text.size();) {
        const auto put = ::send(descriptor_, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
        if (put < 0) throw std::runtime_error("redis-server has gone");
        sent += static_cast<std::size_t>(put);
    }
    for (;;) {
        if (auto got = replies_.next()) return std::move(*got);
        pollfd waiting{descriptor_, POLLIN, 0};
        if (::poll(&waiting, 1, patience) != 1) throw std::runtime_error("redis-server does not answer");
        char buffer[16384];
        const auto got = ::recv(descriptor_, buffer, sizeof buffer, 0);
        if (got <= 0 || !replies_.feed({buffer, static_cast<std::size_t>(got)}))
            throw std::runtime_error("redis-server has gone");
    }
}

temporary_directory::temporary_directory() {
    char name[] = "/tmp/gate-store-XXXXXX";
    if (::mkdtemp(name) == nullptr) throw std::runtime_error("no temporary directory");
    path_ = name;
}

temporary_directory::~temporary_directory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

redis_server::redis_server(std::vector<std::string> arguments, std::uint16_t port)
    : arguments_(std::move(arguments)), port_(port) {
    start();
}

redis_server::~redis_server() {
    kill();
}

store::reply redis_server::operator()(std::initializer_list<std::string_view> words) {
    redis_client client(socket());
    return client(words);
}

store::reply redis_server::operator()(const std::vector<std::string>& words) {
    redis_client client(socket());
    const std::vector<std::string_view> all(words.begin(), words.end());
    return client(all);
}

void redis_server::start() {
    std::vector<std::string> words{"redis-server"};
    // What is no option is a configuration file, which comes first.
    std::size_t first = 0;
    if (!arguments_.empty() && !arguments_[0].starts_with("--")) words.push_back(arguments_[first++]);
    const std::vector<std::string> own{"--port",       std::to_string(port_),
                                       "--bind",       "127.0.0.1",
                                       "--unixsocket", socket(),
                                       "--save",       "",
                                       "--dir",        directory_.path(),
                                       "--logfile",    "redis.log",
                                       "--appendonly", "no",
                                       "--daemonize",  "no"};
    words.insert(words.end(), own.begin(), own.end());
    words.insert(words.end(), arguments_.begin() + static_cast<std::ptrdiff_t>(first), arguments_.end());
    std::vector<char*> pointers;
    for (auto& each : words) pointers.push_back(each.data());
    pointers.push_back(nullptr);
    const pid_t parent = ::getpid();
    process_ = ::fork();
    if (process_ < 0) throw std::runtime_error("redis-server cannot be started");
    if (process_ == 0) {  // it ends with a test that crashes, and holds none of its pipes
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        const int nowhere = ::open("/dev/null", O_RDWR | O_CLOEXEC);
        for (const int each : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) ::dup2(nowhere, each);
        if (::getppid() == parent) ::execvp(pointers[0], pointers.data());
        ::_exit(127);
    }
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(2 * patience);
    for (;;) {
        try {
            (*this)({"PING"});
            return;
        } catch (const std::runtime_error&) {
            if (std::chrono::steady_clock::now() > end) throw;
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
    }
}

void redis_server::kill() {
    if (process_ < 0) return;
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
    process_ = -1;
    std::error_code ignored;
    std::filesystem::remove(socket(), ignored);
}

void redis_server::pause() {
    ::kill(process_, SIGSTOP);
}

void redis_server::go_on() {
    ::kill(process_, SIGCONT);
}

}  // namespace gate::test
