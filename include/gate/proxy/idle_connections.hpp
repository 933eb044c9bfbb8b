#pragma once
// Which connections of a worker may be closed for a newcomer when there is no room (rule 27), and in which
// order: first the connections that have never shown a token that Gate accepts, then the others; of each kind
// the one that has been idle longest.
//
// A connection is idle while nothing but its client keeps it: before its first request, between two requests,
// while a head arrives, while the client does not take an answer of our own, and while only the rest of a
// refused body or the client's end is awaited. A head that arrives byte by byte does not make it younger.

#include <gate/core/clock.hpp>

#include <array>
#include <atomic>

namespace gate::proxy {

class idle_connections;

namespace detail {
struct idle_link {
    idle_link* after = this;
    idle_link* before = this;

    idle_link() = default;
    idle_link(const idle_link&) = delete;
    idle_link& operator=(const idle_link&) = delete;
};
}  // namespace detail

// What a session is in the lists of idle_connections.
class idle_connection : private detail::idle_link {
public:
    bool is_idle() const noexcept { return after != this; }

    // Gate has accepted a token that came on this connection. Precondition: it is not idle.
    void set_trusted() noexcept { has_shown_token_ = true; }

protected:
    ~idle_connection() = default;

private:
    friend class idle_connections;
    core::time_point idle_since_{};
    bool has_shown_token_ = false;
};

// Not thread-safe, except for what says so: belongs to its worker. Every request adds its connection once and
// removes it once: that is all that a full house costs while there is room.
class idle_connections {
public:
    // `which` is idle from `since` on. No effect if it is idle already.
    void add(idle_connection& which, core::time_point since) noexcept {
        if (which.is_idle()) return;
        which.idle_since_ = since;
        auto& own = queue_of(which);
        auto* const last = own.ends.before;
        which.after = &own.ends;
        which.before = last;
        last->after = own.ends.before = &which;
        if (last == &own.ends) own.publish(since);
    }

    // No effect if it is not idle. To be called before `which` is destroyed.
    void remove(idle_connection& which) noexcept {
        if (!which.is_idle()) return;
        auto& own = queue_of(which);
        const bool was_first = which.before == &own.ends;
        which.after->before = which.before;
        which.before->after = which.after;
        which.after = which.before = &which;
        if (was_first) publish_first(own);
    }

    // The connection that goes first; nullptr: none is idle.
    idle_connection* first() noexcept;
    // The connection of the same kind that goes after `one`; nullptr: it is the last.
    idle_connection* next_after(idle_connection& one) noexcept;

    // Since when the connection that goes first has been idle, of each kind; never: there is none.
    // Thread-safe.
    core::time_point oldest_stranger() const noexcept { return queues_[0].read(); }
    core::time_point oldest_known() const noexcept { return queues_[1].read(); }

    // Has `which` in the list for as long as this object lives.
    class stay {
    public:
        // Both outlive this object.
        stay(idle_connections& list, idle_connection& which, core::time_point since) noexcept
            : list_(list), which_(which) {
            list_.add(which_, since);
        }
        ~stay() { list_.remove(which_); }
        stay(const stay&) = delete;
        stay& operator=(const stay&) = delete;

    private:
        idle_connections& list_;
        idle_connection& which_;
    };

private:
    // In the order in which they became idle.
    struct queue {
        void publish(core::time_point since) noexcept {
            oldest.store(since.time_since_epoch().count(), std::memory_order_relaxed);
        }
        core::time_point read() const noexcept {
            return core::time_point(core::clock::duration(oldest.load(std::memory_order_relaxed)));
        }

        detail::idle_link ends;  // the first is behind it, the last before it
        std::atomic<core::clock::rep> oldest{core::never.time_since_epoch().count()};
    };

    queue& queue_of(const idle_connection& which) noexcept { return queues_[which.has_shown_token_ ? 1 : 0]; }
    static idle_connection* member_at(queue& own, detail::idle_link* place) noexcept {
        return place == &own.ends ? nullptr : static_cast<idle_connection*>(place);
    }
    static void publish_first(queue& own) noexcept {
        const auto* const now_first = member_at(own, own.ends.after);
        own.publish(now_first != nullptr ? now_first->idle_since_ : core::never);
    }

    std::array<queue, 2> queues_;  // strangers, and those that have shown a token
};

}  // namespace gate::proxy
