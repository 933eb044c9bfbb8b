// What want of memory does to a session: the n-th allocation fails, for n = 0, 1, 2 and so on.
#include "session_fixture.hpp"

#include <catch.hpp>
#include <cstdlib>
#include <new>
#include <thread>

namespace {

thread_local int allocations_left = -1;  // until one fails; negative: none does

// Has an allocation of this thread fail, once.
class failing_allocation {
public:
    explicit failing_allocation(int after) { allocations_left = after; }
    ~failing_allocation() { allocations_left = -1; }
    failing_allocation(const failing_allocation&) = delete;
    failing_allocation& operator=(const failing_allocation&) = delete;

    static bool has_failed() { return allocations_left < 0; }
};

}  // namespace

// Not inlined: g++ 12 would miss that these belong together.
[[gnu::noinline]] void* operator new(std::size_t size) {
    void* const memory = allocations_left >= 0 && allocations_left-- == 0 ? nullptr : std::malloc(size);
    if (memory == nullptr) throw std::bad_alloc();
    return memory;
}
[[gnu::noinline]] void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
    return std::malloc(size);
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
    std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept {
    std::free(memory);
}

using namespace gate;

TEST_CASE("rule 24: want of memory for a request ends nothing but its connection") {
    bool fails = true;
    for (int n = 0; fails; ++n) {
        INFO("allocation " << n);
        REQUIRE(n < 200);
        test::session_fixture f;
        f.send(test::get);
        while (!f.subject->is_about_to_be_busy()) std::this_thread::yield();
        bool has_escaped = false;
        f.world.on.context.restart();
        {
            const failing_allocation one(n);
            try {
                f.world.on.context.poll();
            } catch (const std::bad_alloc&) {
                has_escaped = true;
            }
            fails = failing_allocation::has_failed();
        }
        REQUIRE_FALSE(has_escaped);
        if (fails) f.until([&] { return f.subject == nullptr || f.has_response("HTTP/1.1 500"); });
        if (!fails) CHECK_FALSE(f.place.text.empty());  // and every allocation has had its turn
    }
}
