#include "redis_server.hpp"

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <hiredis/hiredis.h>
#include <stdexcept>

#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

constexpr int most_tries = 3'000;
constexpr int pause_ms = 10;

redis_answer answer_of(const redisReply& reply) {
    redis_answer out;
    switch (reply.type) {
        case REDIS_REPLY_INTEGER:
            out.what = redis_answer::kind::number;
            out.number = reply.integer;
            break;
        case REDIS_REPLY_ERROR:
            out.what = redis_answer::kind::error;
            out.text.assign(reply.str, reply.len);
            break;
        case REDIS_REPLY_ARRAY:
            out.what = redis_answer::kind::list;
            for (std::size_t i = 0; i < reply.elements; ++i) out.list.push_back(answer_of(*reply.element[i]));
            break;
        case REDIS_REPLY_NIL: break;
        default:
            out.what = redis_answer::kind::text;
            out.text.assign(reply.str, reply.len);
            break;
    }
    return out;
}

std::string new_folder() {
    std::string out = std::filesystem::temp_directory_path() / "gate-redis-XXXXXX";
    if (::mkdtemp(out.data()) == nullptr) throw std::runtime_error("no folder for redis-server");
    return out;
}

int run(std::vector<std::string> arguments) {
    std::vector<char*> pointers;
    for (auto& each : arguments) pointers.push_back(each.data());
    pointers.push_back(nullptr);
    pid_t out = 0;
    if (::posix_spawnp(&out, pointers[0], nullptr, nullptr, pointers.data(), environ) != 0)
        throw std::runtime_error("redis-server does not start");
    return out;
}

}  // namespace

bool redis_server::is_installed() {
    return std::filesystem::exists("/usr/bin/redis-server");
}

redis_server::redis_server(std::vector<std::string> options)
    : folder_(new_folder()), socket_path_(folder_ + "/socket"), connection_(nullptr, &redisFree) {
    std::vector<std::string> arguments{
        "redis-server", "--port", "0",         "--unixsocket",  socket_path_, "--dir", folder_, "--save", "",
        "--appendonly", "no",     "--logfile", folder_ + "/log"};
    arguments.insert(arguments.end(), options.begin(), options.end());
    process_ = run(std::move(arguments));
    for (int i = 0; i < most_tries; ++i) {
        connection_.reset(redisConnectUnix(socket_path_.c_str()));
        if (connection_ && connection_->err == 0) return;
        ::poll(nullptr, 0, pause_ms);
    }
    throw std::runtime_error("redis-server does not answer");
}

redis_server::~redis_server() {
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
}

redis_answer redis_server::operator()(const std::vector<std::string>& command) {
    std::vector<const char*> texts;
    std::vector<std::size_t> sizes;
    for (const auto& each : command) {
        texts.push_back(each.data());
        sizes.push_back(each.size());
    }
    const std::unique_ptr<void, decltype(&freeReplyObject)> reply(
        redisCommandArgv(connection_.get(), static_cast<int>(command.size()), texts.data(), sizes.data()),
        &freeReplyObject);
    if (!reply) throw std::runtime_error("redis-server gave no reply");
    return answer_of(*static_cast<const redisReply*>(reply.get()));
}
