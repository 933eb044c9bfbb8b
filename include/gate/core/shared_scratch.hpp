#pragma once
// Memory that the coroutines of a thread use in turn, each from one of its waits to the next: there is one
// of it, so that it stays in the caches however many coroutines there are. It is handed out as a loan, which
// is given back before a wait, because others use the memory meanwhile. Builds with assertions or sanitizers
// end the program at a wait with an open loan, and AddressSanitizer sees a use without one. Other builds
// check nothing, and a loan is a pointer to them. Not thread-safe.

#include <gate/core/frame_pool.hpp>
#include <gate/core/poison.hpp>

#include <array>
#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace gate::core {

#ifdef NDEBUG
inline constexpr bool checks_loans = !recycles_memory;
#else
inline constexpr bool checks_loans = true;
#endif

namespace detail {
// Of this thread. Constant-initialised, as in frame_pool.hpp.
extern constinit thread_local int open_loans;

// Says so, and ends the program.
[[noreturn]] void refuse_wait() noexcept;
[[noreturn]] void refuse_loan() noexcept;
}  // namespace detail

// To be called by whatever suspends a coroutine until the event loop resumes it.
inline void expect_no_loans() noexcept {
    if constexpr (checks_loans) {
        if (detail::open_loans != 0) detail::refuse_wait();
    }
}

// For other memory that must be given back before the next wait.
inline void open_loan() noexcept {
    if constexpr (checks_loans) ++detail::open_loans;
}
inline void close_loan() noexcept {
    if constexpr (checks_loans) --detail::open_loans;
}

// What a value owns besides itself, to be poisoned with it. Other types bring a function of their own.
inline std::array<std::span<const std::byte>, 1> owned_memory(const std::string& text) noexcept {
    const std::less<const void*> before;
    const bool is_inside = !before(text.data(), &text) && before(text.data(), &text + 1);
    if (is_inside) return {};
    return {std::as_bytes(std::span(text.data(), text.capacity() + 1))};
}
template <class T>
std::array<std::span<const std::byte>, 1> owned_memory(const std::vector<T>& list) noexcept {
    return {std::as_bytes(std::span(list.data(), list.capacity()))};
}

template <class T>
class shared_scratch {
public:
    shared_scratch() noexcept { hide(); }
    ~shared_scratch() { show(); }
    shared_scratch(const shared_scratch&) = delete;
    shared_scratch& operator=(const shared_scratch&) = delete;

    // The permission to use the memory; gives it back at its end, if not before.
    class [[nodiscard]] loan {
    public:
        loan(loan&& other) noexcept : of_(other.of_) { other.forget(); }
        loan& operator=(loan&& other) noexcept {
            give_back();
            of_ = other.of_;
            other.forget();
            return *this;
        }
        ~loan() { give_back(); }

        // Precondition, as for those below: it is not given back.
        T& operator*() const noexcept { return of_->value_; }
        T* operator->() const noexcept { return &of_->value_; }

        void give_back() noexcept {
            if constexpr (checks_loans) {
                if (of_ != nullptr) of_->take_back();
                forget();
            }
        }

    private:
        friend class shared_scratch;
        explicit loan(shared_scratch& of) noexcept : of_(&of) {}
        void forget() noexcept {
            if constexpr (checks_loans) of_ = nullptr;
        }

        shared_scratch* of_;
    };

    // What was put into the memory last is still in it. Precondition: nobody holds the loan.
    loan lend() noexcept {
        if constexpr (checks_loans) {
            if (is_lent_) detail::refuse_loan();
            is_lent_ = true;
            open_loan();
            show();
        }
        return loan(*this);
    }

private:
    void take_back() noexcept {
        hide();
        close_loan();
        is_lent_ = false;
    }

    std::span<const std::byte> own_memory() const noexcept {
        return std::as_bytes(std::span<const T>(&value_, 1));
    }
    void hide() noexcept {
        if constexpr (poisons_memory) {
            for (const auto memory : owned_memory(value_)) poison(memory);
            poison(own_memory());
        }
    }
    void show() noexcept {
        if constexpr (poisons_memory) {
            unpoison(own_memory());
            for (const auto memory : owned_memory(value_)) unpoison(memory);
        }
    }

    T value_{};
    bool is_lent_ = false;
};

}  // namespace gate::core
