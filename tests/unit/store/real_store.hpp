#pragma once
// A real redis-server, or sentinel, for one test: started in a directory of its own, and ended with it.

#include <gate/store/reply_reader.hpp>

#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace gate::test {

// Whether redis-server is installed. If not, says so: ctest shows the test as skipped.
bool has_redis_server();

// A free TCP port of the loopback.
std::uint16_t free_port();

// A client that waits for each answer, at most five seconds. Throws std::runtime_error.
class redis_client {
public:
    explicit redis_client(const std::string& socket);
    explicit redis_client(std::uint16_t port);
    ~redis_client();
    redis_client(const redis_client&) = delete;
    redis_client& operator=(const redis_client&) = delete;

    store::reply operator()(std::span<const std::string_view> words);
    store::reply operator()(std::initializer_list<std::string_view> words) {
        return (*this)(std::span(words.begin(), words.size()));
    }

private:
    int descriptor_;
    store::reply_reader replies_{{.text = 1 << 20U}};
};

class temporary_directory {
public:
    temporary_directory();
    ~temporary_directory();
    temporary_directory(const temporary_directory&) = delete;
    temporary_directory& operator=(const temporary_directory&) = delete;
    const std::string& path() const noexcept { return path_; }

private:
    std::string path_;
};

class redis_server {
public:
    // Listens on socket(), and on port() if it is not 0. Without persistence.
    explicit redis_server(std::vector<std::string> arguments = {}, std::uint16_t port = 0);
    ~redis_server();
    redis_server(const redis_server&) = delete;
    redis_server& operator=(const redis_server&) = delete;

    std::string socket() const { return directory_.path() + "/redis.sock"; }
    std::uint16_t port() const noexcept { return port_; }
    const std::string& directory() const noexcept { return directory_.path(); }

    // One command on a connection of its own.
    store::reply operator()(std::initializer_list<std::string_view> words);
    store::reply operator()(const std::vector<std::string>& words);

    void start();  // after kill(), with no data
    void kill();
    void pause();  // SIGSTOP
    void go_on();

private:
    temporary_directory directory_;
    std::vector<std::string> arguments_;
    std::uint16_t port_;
    pid_t process_ = -1;
};

}  // namespace gate::test
