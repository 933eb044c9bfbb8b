#include <gate/app/secret_memory.hpp>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include <sys/prctl.h>
#include <sys/resource.h>

namespace gate::app {

bool may_be_dumped() {
    const char* const asked = std::getenv(dumpable_variable);
    return asked != nullptr && (std::string_view(asked) == "1" || std::string_view(asked) == "true");
}

std::vector<std::string> refuse_dumps() {
    std::vector<std::string> refused;
    if (may_be_dumped()) return refused;
    const auto note = [&](const char* what) {
        refused.push_back(std::string(what) + " (" + std::strerror(errno) +
                          "): core dumps and debuggers may show tokens and keys");
    };
    const rlimit none{0, 0};
    if (::setrlimit(RLIMIT_CORE, &none) != 0) note("core dumps cannot be switched off");
    if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) note("the process cannot be made undumpable");
    return refused;
}

void bind_loader_functions() {
    struct with_end {
        ~with_end() { std::atomic_signal_fence(std::memory_order_seq_cst); }  // not nothing: it is registered
    };
    thread_local const with_end one;
    (void)one;
}

}  // namespace gate::app
