#pragma once
// How all workers share the connections to one upstream: slots, the requests that wait for one, and shares
// (rule 27). Pure: events in, actions out. Not thread-safe: connection_slots guards it and carries the
// actions out.
//
// A connection holds a slot from before it is opened until it is closed, whether it is in use or idle. So a
// worker uses its own idle connections again without asking here. It asks here to open one, and reports when
// it has closed one. Two conditions concern all workers. When one begins, each worker is asked to look:
//   - a request waits: the worker offers its idle connections, and each one that becomes idle later;
//   - slots are scarce: the worker counts the holders of its connections, and from then on each new one.
// Until all workers have counted, it is unknown whether a party has its share: a request that depends on it
// waits until then.

#include <gate/core/clock.hpp>
#include <gate/net/waiting_line.hpp>

#include <cstdint>
#include <vector>

namespace gate::net {

// A request for a slot. Its owner does not change it while it waits.
struct slot_request : waiting_line::place {
    enum class state : std::uint8_t { waiting, granted, busy, share_exceeded };

    // for_whom: null for a request that is not counted. is_again: its connection has failed, and it gets
    // another in place of that one, whatever its share.
    slot_request(unsigned asking_worker, party* for_whom, bool is_again, core::time_point wait_until) noexcept
        : place(for_whom), worker(asking_worker), holder(for_whom), is_retry(is_again), until(wait_until) {}

    const unsigned worker;
    party* const holder;
    const bool is_retry;
    const core::time_point until;
    state now = state::waiting;
    slot_request* next_settled = nullptr;  // belongs to the core
};

class pool_core {
public:
    // How long a request waits, after its own deadline, for a worker that has not looked.
    static constexpr core::duration patience{1000};

    // Adds a worker and returns its number. Numbers are not used again.
    unsigned join();
    // Removes a worker, which holds no slot and waits for none.
    void leave(unsigned worker, std::size_t leased) noexcept;
    // Another limit from now on. Connections in use stay beyond it.
    void configure(std::size_t connections) noexcept;

    // In all of these, leased: how many connections are in use, opened, or granted, over all workers.
    // Settles the request, or lets it wait: then an action `resume` follows, or expire().
    void ask(slot_request& one, std::size_t leased) noexcept;
    // A connection is closed.
    void release() noexcept;
    // The worker has looked: it has counted whose connections it has, and offered those that are idle.
    void has_looked(unsigned worker, std::size_t leased) noexcept;

    // What the worker does with an idle connection: keeps it, closes it (the slot is given back), or hands it
    // over, with its slot, to the request that is granted.
    struct offer_result {
        enum class kind : std::uint8_t { keep, close, hand_over } step;
        slot_request* to = nullptr;
    };
    offer_result offer() noexcept;

    // The deadline of a request has passed. The request is not refused while a worker may still have an idle
    // connection to offer.
    enum class expiry : std::uint8_t { settled_before, ask_again_later, refused };
    expiry expire(slot_request& one, core::time_point now) noexcept;

    struct action {
        enum class kind : std::uint8_t { none, resume, ask_to_look } step = kind::none;
        slot_request* request = nullptr;  // to be resumed
        unsigned worker = 0;              // that made the request, or that is asked
    };
    // To be carried out after each event, until there is none.
    action next_action() noexcept;

    std::size_t in_use() const noexcept { return in_use_; }
    bool is_full() const noexcept { return in_use_ >= most_; }
    bool is_crowded(std::size_t leased) const noexcept { return leased >= crowded_from_; }
    std::size_t crowded_from() const noexcept { return crowded_from_; }
    bool somebody_waits() const noexcept { return somebody_waits_; }
    bool is_scarce() const noexcept { return is_scarce_; }
    bool is_exceeded() const noexcept { return is_exceeded_; }
    bool all_have_counted() const noexcept { return uncounted_ == 0; }

private:
    struct member {
        bool is_here = true;
        bool owes_look = false;
        bool owes_count = false;
        bool is_told = true;  // has been asked to look
    };

    void judge(slot_request& one, std::size_t leased, bool counts) noexcept;
    void grant(slot_request& one, bool counts) noexcept;
    void settle(slot_request& one) noexcept;
    void serve_waiting() noexcept;
    void judge_again(std::size_t leased) noexcept;
    void look_at_state() noexcept;
    void ask_all_to_look(bool to_count) noexcept;
    void has_answered(member& one) noexcept;

    std::size_t most_ = 0;
    std::size_t crowded_from_ = 0;
    std::size_t scarce_from_ = 0;
    std::size_t in_use_ = 0;
    waiting_line line_;
    waiting_line unjudged_;  // first come, first judged, once all workers have counted
    std::vector<member> members_;
    std::size_t unanswered_ = 0;  // how many owe a look
    std::size_t uncounted_ = 0;   // how many owe a count
    slot_request* settled_first_ = nullptr;
    slot_request* settled_last_ = nullptr;
    bool has_to_tell_ = false;
    bool somebody_waits_ = false;
    bool is_scarce_ = false;
    bool is_exceeded_ = false;
};

}  // namespace gate::net
