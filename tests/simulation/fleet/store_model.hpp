#pragma once
// What the fleet keeps in the store, and what the store does with it in one step: the scripts of src/store,
// in C++. Its clock is the store's own. No network: see store_line.

#include "bell.hpp"

#include <gate/auth/fleet.hpp>

#include <deque>
#include <map>
#include <optional>
#include <unordered_map>

namespace gate::simulation {

using auth::store_span;
using auth::store_time;

using auth::log_position;

struct log_entry {
    log_position id;
    std::shared_ptr<const auth::fleet_message> message;  // nullptr: what nobody of the fleet has sealed
};

// Who asks Gate about a token, or that somebody has, just now.
struct lock_value {
    std::uint64_t serial = 0;  // no two values of a run are the same
    bool is_sealed = true;     // by the fleet
    std::uint64_t owner = 0;
    store_time taken{};
    std::optional<log_position> done;  // the answer stands there
    bool operator==(const lock_value& other) const { return serial == other.serial; }
};

struct begin_question {
    std::uint64_t token = 0;
    std::uint64_t owner = 0;
    log_position position;      // of the reader
    std::uint64_t ignored = 0;  // serial of a lock to ignore; 0: none
    std::size_t budget = 0;
    std::size_t wasted_budget = 0;
    core::duration window{0};
};

struct begin_reply {
    enum class kind { go, read, wait, later } what = kind::go;
    store_time time;
    log_position done{};                 // of read
    lock_value held{};                   // of wait, and of go: what is ours
    std::optional<core::duration> life;  // of wait
    core::duration in{0};                // of later
    bool is_waste = false;               // of later
};

struct finish_note {
    std::uint64_t token = 0;
    std::uint64_t lock = 0;  // serial; 0: none was taken
    enum class kind { yes, no, failed } answer = kind::failed;
    bool is_waste = false;
    std::shared_ptr<const auth::fleet_message> message;  // nullptr: none
};

class store_model {
public:
    static constexpr core::duration lock_life{300};
    static constexpr core::duration done_life{2'000};

    // `queue` outlives this. `life`: of a message in the log.
    store_model(event_queue& queue, core::duration life) : queue_(queue), life_(life), appended_(queue) {}

    store_time now() const;

    // Nothing, of all that writes: refused, for the store is full or read-only.
    std::optional<begin_reply> begin(const begin_question& what);
    bool extend(std::uint64_t token, std::uint64_t lock);
    std::optional<log_position> finish(const finish_note& what);
    std::optional<log_position> publish(std::shared_ptr<const auth::fleet_message> message);
    std::vector<log_entry> after(log_position position, std::size_t most) const;
    bell& appended() noexcept { return appended_; }  // rings for each message
    log_position newest() const { return last_; }
    // Whether the beat was there.
    bool beat(std::size_t replica);
    std::size_t replicas() const;
    // A beat that tells whether the store takes writes.
    bool touch(std::size_t replica);

    // What happens to it.
    void wipe();
    void refuse_writes(bool refuses) { refuses_writes_ = refuses; }
    void move_clock(store_span by) { skew_ += by; }
    void lose_last(core::duration span);  // as a fail-over to a node that had not got it yet
    // What a writer without the key can do.
    void forge_lock(std::uint64_t token);
    void fill_calls(std::size_t calls, std::size_t wasted);
    log_position add_far_entry();                // XADD of an id a day ahead; the newest before it
    void remove_far_entry(log_position before);  // XDEL, and XSETID
    void append_garbage() { publish(nullptr); }

private:
    struct lock {
        lock_value value;
        core::time_point ends = core::never;
    };
    struct counts {
        std::size_t calls = 0;
        std::size_t wasted = 0;
    };

    lock* lock_of(std::uint64_t token);
    std::uint64_t second() const;
    void trim();
    std::optional<begin_reply> over_budget(const begin_question& what);

    event_queue& queue_;
    core::duration life_;
    store_span skew_{0};
    std::unordered_map<std::uint64_t, lock> locks_;
    std::map<std::uint64_t, counts> calls_;  // by second
    std::unordered_map<std::uint64_t, core::time_point> known_;
    std::deque<log_entry> log_;
    log_position last_;
    std::unordered_map<std::size_t, core::time_point> beats_;
    std::uint64_t next_serial_ = 1;
    bool refuses_writes_ = false;
    bell appended_;
};

}  // namespace gate::simulation
