#include <gate/app/secret_memory.hpp>

#include <cstdlib>
#include <string_view>

#include <sys/prctl.h>
#include <sys/resource.h>

namespace gate::app {

bool may_be_dumped() {
    const char* const asked = std::getenv(dumpable_variable);
    return asked != nullptr && std::string_view(asked) == "1";
}

void refuse_dumps() {
    if (may_be_dumped()) return;
    const rlimit none{0, 0};
    ::setrlimit(RLIMIT_CORE, &none);
    ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

}  // namespace gate::app
