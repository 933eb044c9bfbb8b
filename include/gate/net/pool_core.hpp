#pragma once
// How the connections to one upstream are shared out, over all workers: slots, who waits for one, shares
// (rule 27). Pure: events in, actions out. Not thread-safe: connection_slots guards it and carries the
// actions out.
//
// A connection holds a slot from before it is opened until it is closed, whether it is in use or idle. So a
// worker uses its own idle connections again without asking here. It asks here to open one, and tells when it
// has closed one. Two things concern all workers, and each of them is asked to look when they begin:
//   - somebody waits: a worker offers the idle connections that it has, and each one that comes free later;
//   - slots are scarce: a worker counts whose connections it has, and counts each further one as it begins.
// Until all have counted, nobody knows whether a party has its share: whoever depends on it waits that long.

#include <gate/core/clock.hpp>
#include <gate/net/waiting_line.hpp>

#include <cstdint>
#include <vector>

namespace gate::net {

// One who asks for a slot. Unchanged by its owner while it waits.
struct slot_request : waiting_line::place {
    enum class state : std::uint8_t { waiting, granted, busy, share_exceeded };

    // who: null for somebody who is not counted. is_retry: its connection has failed, and it needs another in
    // place of that one, whatever its share.
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
    // A worker that does not look is waited for this long beyond the time of a request.
    static constexpr core::duration patience{1000};

    // A worker comes: its number. Numbers are not used again.
    unsigned join();
    // A worker goes. It holds no slot and waits for none.
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

    // What becomes of an idle connection: its worker keeps it, or closes it (its slot is given back), or
    // hands it over, with its slot, to the one whose request is granted.
    struct offer_result {
        enum class kind : std::uint8_t { keep, close, hand_over } step;
        slot_request* to = nullptr;
    };
    offer_result offer() noexcept;

    // The time of a request has passed. It is not refused while some worker may have an idle connection to
    // offer.
    enum class expiry : std::uint8_t { settled_before, ask_again_later, refused };
    expiry expire(slot_request& one, core::time_point now) noexcept;

    struct action {
        enum class kind : std::uint8_t { none, resume, ask_to_look } step = kind::none;
        slot_request* request = nullptr;  // to be resumed
        unsigned worker = 0;              // whose it is, or who is asked
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
        bool is_told = true;  // that it is to look
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
    waiting_line unjudged_;  // first come, first judged: once everybody has counted
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
