#pragma once
// std::mutex with the attributes that clang's -Wthread-safety checks. A lock never lives across co_await.

#include <mutex>

#if defined(__clang__)
#define GATE_THREAD_ANNOTATION(x) __attribute__((x))
#else
#define GATE_THREAD_ANNOTATION(x)
#endif

#define GATE_GUARDED_BY(x) GATE_THREAD_ANNOTATION(guarded_by(x))
#define GATE_REQUIRES(...) GATE_THREAD_ANNOTATION(requires_capability(__VA_ARGS__))
#define GATE_EXCLUDES(...) GATE_THREAD_ANNOTATION(locks_excluded(__VA_ARGS__))

namespace gate::core {

class GATE_THREAD_ANNOTATION(capability("mutex")) mutex {
public:
    void lock() GATE_THREAD_ANNOTATION(acquire_capability()) { inner_.lock(); }
    void unlock() GATE_THREAD_ANNOTATION(release_capability()) { inner_.unlock(); }

private:
    std::mutex inner_;
};

// Of a mutex, or of what takes its place in a test.
template <class Mutex = mutex>
class GATE_THREAD_ANNOTATION(scoped_lockable) lock_guard {
public:
    explicit lock_guard(Mutex& m) GATE_THREAD_ANNOTATION(acquire_capability(m)) : mutex_(m) { mutex_.lock(); }
    ~lock_guard() GATE_THREAD_ANNOTATION(release_capability()) { mutex_.unlock(); }
    lock_guard(const lock_guard&) = delete;
    lock_guard& operator=(const lock_guard&) = delete;

private:
    Mutex& mutex_;
};

}  // namespace gate::core
