#include <gate/core/shared_scratch.hpp>

#include <cstdio>
#include <cstdlib>

namespace gate::core::detail {

constinit thread_local int open_loans = 0;

void refuse_wait() noexcept {
    std::fputs("a coroutine waits while it holds memory that others use meanwhile\n", stderr);
    std::abort();
}

void refuse_loan() noexcept {
    std::fputs("memory is lent to two at the same time\n", stderr);
    std::abort();
}

}  // namespace gate::core::detail
