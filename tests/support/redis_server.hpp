#pragma once
// The real redis-server, on a Unix socket in a folder of its own, and a client that waits for each reply.

#include <memory>
#include <string>
#include <vector>

struct redisContext;

struct redis_answer {
    enum class kind { text, number, list, nothing, error } what = kind::nothing;
    std::string text;  // of text and error
    long long number = 0;
    std::vector<redis_answer> list;
    bool operator==(const redis_answer&) const = default;
};

class redis_server {
public:
    // Throws std::runtime_error unless it answers. `options`: of its command line.
    explicit redis_server(std::vector<std::string> options = {});
    ~redis_server();
    redis_server(const redis_server&) = delete;
    redis_server& operator=(const redis_server&) = delete;

    static bool is_installed();

    const std::string& socket_path() const noexcept { return socket_path_; }

    // Throws std::runtime_error where there is no reply.
    redis_answer operator()(const std::vector<std::string>& command);

private:
    std::string folder_;
    std::string socket_path_;
    int process_ = 0;
    std::unique_ptr<redisContext, void (*)(redisContext*)> connection_;
};
