#pragma once
// Connections on their way from accept() to their first request: how many there may be, how long each has,
// and who goes for a newcomer when there are too many. Pure.
//
// Silent connections lose: while all places are taken, the oldest connection that has not sent a whole
// ClientHello goes, and the oldest of all if each of them has. While more than half of the places are taken,
// nobody has longer than crowded_patience.

#include <gate/core/clock.hpp>

#include <boost/intrusive/list.hpp>

#include <cstddef>

namespace gate::net {

class arrival_slots {
public:
    static constexpr core::duration crowded_patience{2000};

    // What a connection holds as long as it is on its way.
    class slot : public boost::intrusive::list_base_hook<> {
    public:
        core::time_point since() const noexcept { return since_; }

    private:
        friend class arrival_slots;
        core::time_point since_{};
        bool has_said_hello_ = false;
    };

    // `patience`: the longest time for each, if there is room.
    arrival_slots(std::size_t most, core::duration patience) noexcept : most_(most), patience_(patience) {}

    void configure(core::duration patience) noexcept { patience_ = patience; }

    // `one` comes, no earlier than those before. The one that has to go for it, and has lost its place by
    // now; null: there is room.
    slot* enter(slot& one, core::time_point now) noexcept;

    // It has sent a whole ClientHello. No effect if it has no place.
    void note_hello(slot& one) noexcept;

    // Notes it of all of which `has_said_hello` says so.
    template <class HasSaidHello>
    void note_hellos(HasSaidHello&& has_said_hello) {
        for (auto next = silent_.begin(); next != silent_.end();) {
            auto& one = *next++;
            if (has_said_hello(one)) note_hello(one);
        }
    }

    // It has arrived, or goes. No effect if it has no place.
    void leave(slot& one) noexcept;

    // When the next one has had its time; never: there is none.
    core::time_point due() const noexcept;
    // One that has had its time at `now`, and has lost its place; null: there is none (any more).
    slot* take_overdue(core::time_point now) noexcept;
    // The oldest one, which has lost its place; null: there is none.
    slot* take_oldest() noexcept;
    // The first one without a whole ClientHello of which `is_wanted` says so, which has lost its place; null:
    // there is none.
    template <class IsWanted>
    slot* take_silent(IsWanted&& is_wanted) {
        for (auto& each : silent_) {
            if (!is_wanted(each)) continue;
            leave(each);
            return &each;
        }
        return nullptr;
    }

    bool is_full() const noexcept { return size() >= most_; }
    std::size_t size() const noexcept { return silent_.size() + known_.size(); }

private:
    using queue = boost::intrusive::list<slot>;  // the oldest first

    queue& queue_of(const slot& one) noexcept { return one.has_said_hello_ ? known_ : silent_; }
    const slot* oldest() const noexcept;
    bool is_crowded() const noexcept { return 2 * size() > most_; }

    const std::size_t most_;
    core::duration patience_;
    queue silent_;  // without a whole ClientHello
    queue known_;
};

}  // namespace gate::net
