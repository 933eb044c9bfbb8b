#pragma once
// task<T>: a lazy coroutine that runs when awaited, on its awaiter's thread.
//
// Ours rather than asio::awaitable because every coroutine of the data path stays on its worker's thread: no
// executor to carry, no type erasure, no exception for an expected I/O error, frames recycled. What waits for
// the outside world (a socket, a timer, another worker) is an awaiter that is resumed from the worker's event
// loop.
//
// A function that returns a task need not be a coroutine: where there is nothing to wait for, it returns the
// value itself, and a frame with its set-up and two switches is saved. So what usually succeeds immediately
// is a plain function that tries, and leaves the rest to a coroutine.
//
// A task is destroyed by its owner, or by itself when it was spawned. A suspended coroutine is never
// destroyed from outside: the caller that wants to end it makes what it waits for fail (cancels the socket),
// and it ends by itself.

#include <gate/core/frame_pool.hpp>

#include <cassert>
#include <concepts>
#include <coroutine>
#include <cstdlib>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

namespace gate::core {

template <class T = void>
class task;

namespace detail {

// clang may put a frame into the awaiter's, and allocates none then.
#ifdef __clang__
inline constexpr bool frames_are_allocated = false;
#else
inline constexpr bool frames_are_allocated = true;
#endif

struct promise_base {
    std::coroutine_handle<> continuation = std::noop_coroutine();
    std::exception_ptr error;

    static void* operator new(std::size_t bytes) { return allocate_frame(bytes); }
    static void operator delete(void* frame, std::size_t bytes) noexcept { free_frame(frame, bytes); }

    // g++ 12 has been seen to place a frame beside its memory (in a coroutine with both `if (!co_await ...)`
    // and `co_return a ? b : c`): such a coroutine returns immediately, without doing its work.
    static void check_frame(const void* frame) noexcept {
        if (frames_are_allocated && !is_last_frame(frame)) std::abort();
    }

    struct final_awaiter {
        bool await_ready() const noexcept { return false; }
        template <class Promise>
        std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> self) const noexcept {
            return self.promise().continuation;
        }
        void await_resume() const noexcept {}
    };

    std::suspend_always initial_suspend() const noexcept { return {}; }
    final_awaiter final_suspend() const noexcept { return {}; }
    void unhandled_exception() noexcept { error = std::current_exception(); }
};

template <class T>
struct promise final : promise_base {
    std::optional<T> value;

    task<T> get_return_object() noexcept;
    template <class U>
    void return_value(U&& result) {
        value.emplace(std::forward<U>(result));
    }
    T take() {
        if (error) std::rethrow_exception(error);
        return std::move(*value);
    }
};

template <>
struct promise<void> final : promise_base {
    task<void> get_return_object() noexcept;
    void return_void() const noexcept {}
    void take() const {
        if (error) std::rethrow_exception(error);
    }
};

}  // namespace detail

template <class T>
class [[nodiscard]] task {
public:
    using promise_type = detail::promise<T>;
    using handle = std::coroutine_handle<promise_type>;

    explicit task(handle coroutine) noexcept : coroutine_(coroutine) {}
    // One that is done. Converts, for `return value;`, and leaves moving a task to the constructor below.
    template <class U>
    // NOLINTNEXTLINE(google-explicit-constructor,bugprone-forwarding-reference-overload): as just said
    requires(std::convertible_to<U, T> && !std::same_as<std::remove_cvref_t<U>, task>) task(U&& value)
        : value_(std::forward<U>(value)) {}
    task(task&& other) noexcept
        : coroutine_(std::exchange(other.coroutine_, nullptr)), value_(std::move(other.value_)) {}
    task& operator=(task&&) = delete;
    ~task() {
        if (coroutine_) coroutine_.destroy();
    }

    // The result, if it was done from the beginning; else nullptr.
    const auto* value() const noexcept { return value_ ? &*value_ : nullptr; }

    bool await_ready() const noexcept { return !coroutine_; }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiting) noexcept {
        coroutine_.promise().continuation = awaiting;
        return coroutine_;
    }
    T await_resume() {
        if constexpr (!std::is_void_v<T>) {
            if (!coroutine_) return std::move(*value_);
        }
        return coroutine_.promise().take();
    }

private:
    handle coroutine_;
    std::optional<std::conditional_t<std::is_void_v<T>, std::monostate, T>> value_;
};

namespace detail {

template <class T>
task<T> promise<T>::get_return_object() noexcept {
    const auto self = std::coroutine_handle<promise<T>>::from_promise(*this);
    check_frame(self.address());
    return task<T>(self);
}

inline task<void> promise<void>::get_return_object() noexcept {
    const auto self = std::coroutine_handle<promise<void>>::from_promise(*this);
    check_frame(self.address());
    return task<void>(self);
}

}  // namespace detail

// The return type of a coroutine that owns itself: it runs on the calling thread up to its first wait, from
// then on by itself, and frees its frame when it ends. An exception that leaves it ends the program, so it
// catches, logs and closes.
struct detached {
    struct promise_type {
        static void* operator new(std::size_t bytes) { return allocate_frame(bytes); }
        static void operator delete(void* frame, std::size_t bytes) noexcept { free_frame(frame, bytes); }
        detached get_return_object() noexcept {
            detail::promise_base::check_frame(
                std::coroutine_handle<promise_type>::from_promise(*this).address());
            return {};
        }
        std::suspend_never initial_suspend() const noexcept { return {}; }
        std::suspend_never final_suspend() const noexcept { return {}; }
        void return_void() const noexcept {}
        [[noreturn]] void unhandled_exception() const noexcept { std::terminate(); }
    };
};

namespace detail {

inline detached run_detached(task<> work) {
    co_await work;
}

template <class T, class Next>
task<std::invoke_result_t<Next, T>> await_then(task<T> first, Next next) {
    T value = co_await std::move(first);
    co_return next(std::move(value));
}

}  // namespace detail

// The result of `next` applied to the result of `first`; immediate if that is known.
template <class T, class Next>
task<std::invoke_result_t<Next, T>> then(task<T> first, Next next) {
    if (first.value() != nullptr) return next(first.await_resume());
    return detail::await_then(std::move(first), std::move(next));
}

// Runs `work` as a detached coroutine.
inline void spawn(task<> work) {
    detail::run_detached(std::move(work));
}

}  // namespace gate::core
