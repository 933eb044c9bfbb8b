#pragma once
// A store that says what a test wants: on a Unix socket, on a thread of its own.

#include "real_store.hpp"

#include <atomic>
#include <functional>
#include <string>
#include <thread>

namespace gate::test {

class lying_store {
public:
    // Says `greeting` to each connection, and `answer(what has come)` to whatever comes.
    lying_store(std::string greeting, std::function<std::string(std::string_view)> answer);
    ~lying_store();
    lying_store(const lying_store&) = delete;
    lying_store& operator=(const lying_store&) = delete;

    std::string socket() const { return directory_.path() + "/lying.sock"; }
    unsigned connections() const noexcept { return connections_; }

private:
    void run();

    temporary_directory directory_;
    std::string greeting_;
    std::function<std::string(std::string_view)> answer_;
    int listening_;
    std::atomic<unsigned> connections_{0};
    std::atomic<bool> is_stopping_{false};
    std::thread thread_;
};

}  // namespace gate::test
