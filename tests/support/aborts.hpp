#pragma once
// Asks a child process whether something ends the program by abort(), as an assertion does.

#include <csignal>
#include <cstdio>
#include <stdexcept>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace gate::test {

// Precondition: no other thread runs.
template <class Act>
bool aborts(Act act) {
    std::fflush(nullptr);
    const auto child = ::fork();
    if (child < 0) throw std::runtime_error("no child process");
    if (child == 0) {
        std::signal(SIGABRT, SIG_DFL);  // Catch2 would report it as a failure
        const int nowhere = ::open("/dev/null", O_WRONLY);
        ::dup2(nowhere, STDOUT_FILENO);
        ::dup2(nowhere, STDERR_FILENO);
        act();
        ::_exit(0);
    }
    int status = 0;
    if (::waitpid(child, &status, 0) != child) throw std::runtime_error("the child process is lost");
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

}  // namespace gate::test
