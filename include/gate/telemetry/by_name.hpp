#pragma once
// One T for what has no name, and one for each name that occurs: made when it is first asked for, and kept
// from then on, so that a request finds it by one load.

#include <gate/telemetry/name_registry.hpp>

#include <array>
#include <atomic>
#include <new>

namespace gate::telemetry {

// T(name_index) makes the one of that name. T is written by the owner's thread alone, and read by any.
template <class T>
class by_name {
public:
    by_name() = default;
    ~by_name() {
        for (auto& one : named_) delete one.load(std::memory_order_relaxed);
    }
    by_name(const by_name&) = delete;
    by_name& operator=(const by_name&) = delete;

    // Called by the owner's thread alone. Without memory for another one: what has no name.
    T& at(name_index which) noexcept {
        if (which == unnamed) return unnamed_;
        T* const known = named_[which].load(std::memory_order_relaxed);
        return known != nullptr ? *known : make(which);
    }

    // Calls see(index, T) for all that there are. Thread-safe.
    template <class See>
    void for_each(See&& see) const {
        see(unnamed, unnamed_);
        for (std::size_t i = 1; i < named_.size(); ++i)
            if (const T* const one = named_[i].load(std::memory_order_acquire))
                see(static_cast<name_index>(i), *one);
    }

private:
    [[gnu::noinline]] T& make(name_index which) noexcept {
        T* const made = new (std::nothrow) T(which);
        if (made == nullptr) return unnamed_;
        named_[which].store(made, std::memory_order_release);
        return *made;
    }

    T unnamed_{unnamed};
    std::array<std::atomic<T*>, name_registry::indexes> named_{};
};

}  // namespace gate::telemetry
