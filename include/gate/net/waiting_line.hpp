#pragma once
// The requests that wait for an upstream connection, and which is next (rule 27). Pure. Not thread-safe:
// belongs to its pool.

#include <boost/intrusive/list.hpp>

namespace gate::net {

// An account, or a client address without one, whose upstream connections are counted.
class party {
public:
    // The party holds one connection more. counted: has_its_share() sees it on all workers from now on;
    // otherwise it does after the next count. With `counted`, it may be called on any thread while the owner
    // waits; without, only on the owner's thread.
    virtual void take(bool counted) noexcept = 0;
    virtual void give_back() noexcept = 0;  // and one less
    // Whether it holds as many as it may while they are scarce. On any thread, while its owner waits.
    virtual bool has_its_share() const noexcept = 0;

protected:
    party() = default;
    party(const party&) = default;
    party& operator=(const party&) = default;
    ~party() = default;
};

class waiting_line {
    using hook = boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;

public:
    // A place in the line, given up by its end.
    class place : public hook {
    public:
        // `holder` outlives it; null: the request is not counted.
        explicit place(const party* holder) noexcept : holder_(holder) {}
        place(const place&) = delete;
        place& operator=(const place&) = delete;

        void leave() noexcept { unlink(); }

    private:
        friend class waiting_line;
        bool has_its_share() const noexcept { return holder_ != nullptr && holder_->has_its_share(); }

        const party* holder_;
    };

    void join(place& last) noexcept { waiting_.push_back(last); }

    // How many of those that had their share are looked at again each time.
    static constexpr int looked_at_again = 16;

    // Takes out the request that has waited longest of those that hold less than their share. The others come
    // after all of these; as they may hold less by now, some of them are looked at again, in turn. Null:
    // no request waits.
    place* next() noexcept {
        if (auto* const relieved = next_relieved()) return relieved;
        while (!waiting_.empty()) {
            auto& first = waiting_.front();
            waiting_.pop_front();
            if (!first.has_its_share()) return &first;
            sated_.push_back(first);
        }
        if (sated_.empty()) return nullptr;
        auto& first = sated_.front();
        sated_.pop_front();
        return &first;
    }

    // Takes out the request that came first, whatever it holds. Null: no request waits. For a line without
    // next().
    place* first_come() noexcept {
        if (waiting_.empty()) return nullptr;
        auto& first = waiting_.front();
        waiting_.pop_front();
        return &first;
    }

    bool empty() const noexcept { return waiting_.empty() && sated_.empty(); }

private:
    using list = boost::intrusive::list<place, boost::intrusive::base_hook<hook>,
                                        boost::intrusive::constant_time_size<false>>;

    // One of those that had their share, and have it no longer.
    place* next_relieved() noexcept {
        const place* last = sated_.empty() ? nullptr : &sated_.back();
        for (int looked = 0; looked < looked_at_again && last != nullptr; ++looked) {
            auto& first = sated_.front();
            sated_.pop_front();
            if (!first.has_its_share()) return &first;
            sated_.push_back(first);
            if (&first == last) last = nullptr;
        }
        return nullptr;
    }

    list waiting_;
    list sated_;  // those that had their share when it was their turn
};

}  // namespace gate::net
