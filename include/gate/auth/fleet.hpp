#pragma once
// The seam between what decides (auth) and the store that the replicas of a fleet share (store/). auth owns
// both interfaces: `fleet` is implemented by store::fleet_log, `fleet_listener` by auth::fleet_member, and
// both by tests and the simulation.
//
// Who calls what, on which thread:
// - `fleet`: any worker, and the control thread. Thread-safe. What waits resumes on the executor that it is
//   given, whose thread must be the calling one. Nothing in it ever waits longer than it says, whatever the
//   store does, and nothing throws but bad_alloc: a store that is away is an answer like any other.
// - `fleet_listener`: the store's one thread. No call of it comes before another one has returned, and no
//   call waits for anything but a mutex that is held briefly.
//
// Times. What the store says is store_time; what this process holds is core::time_point. Only fleet_clock
// (in fleet_member) turns one into the other: the store tells it about every reply that carries the time.
//
// What the implementation does by itself, unseen by auth: the connections, sealing, EVALSHA and EVAL, the
// extension of locks each 100 ms between `go` and finish, `:k` (added to with each accepted verdict, removed
// from with each refusal and revocation), the beat in `:n`, the merge of `:b`, sending again what was not
// acknowledged, probing a store that is away, healing of keys.

#include <gate/auth/fleet_message.hpp>
#include <gate/auth/time_source.hpp>
#include <gate/core/asio.hpp>
#include <gate/core/clock.hpp>
#include <gate/core/task.hpp>

#include <array>
#include <chrono>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gate::telemetry {
class metrics_snapshot;
}

namespace gate::auth {

// The id of an entry of the log; 0-0: before the first.
struct log_position {
    std::uint64_t milliseconds = 0;
    std::uint64_t sequence = 0;
    auto operator<=>(const log_position&) const = default;  // NOLINT(modernize-use-nullptr): a false alarm
};

// May this replica ask Gate about a token now?
struct fleet_question {
    token_id token;
    // fleet_listener::position(), from before the caller looked into its cache.
    log_position seen;
    std::string ignored;  // fleet_turn::held of an earlier answer, which does not count; empty: none
    unsigned budget = 0;  // calls in `window`, of the whole fleet; 0: as many as there may be
    unsigned budget_for_waste = 0;  // of them: for tokens that Gate has not accepted before; 0: as above
    std::chrono::seconds window{60};
};

// A lock that this replica holds. A number of the implementation's; 0: none.
using fleet_lock = std::uint64_t;

struct fleet_turn {
    enum class kind : std::uint8_t {
        go,     // the lock is ours and the call is counted: make the call, then finish()
        read,   // an answer stands in the log at `answer`, where our reader has not been
        wait,   // another replica asks: its message will come
        later,  // the fleet's budget is used up: in `pause`
        away,   // the store is away, or was late: go on without it
    };
    kind step = kind::away;
    store_time at{};      // of all but away: the store's time. Of go: the verdict's `asked`
    fleet_lock lock = 0;  // of go
    log_position answer;  // of read
    std::string held;     // of read and wait: the value of the lock as it is

    // Of wait. Whether the lock counts is for the caller to judge.
    std::optional<store_time> held_since;           // nothing: the value does not unseal
    std::optional<std::chrono::milliseconds> life;  // of the key; nothing: it has none

    std::chrono::milliseconds pause{0};  // of later
    bool for_waste = false;              // of later: budget_for_waste is used up, not budget
};

// What became of a call that `go` has allowed.
struct fleet_result {
    enum class kind : std::uint8_t { accepted, refused, failed };
    kind outcome = kind::failed;
    // Refused, or failed while others were answered: counts against budget_for_waste.
    bool is_waste = false;
    // A verdict, or a failure (fleet_kind). `at` is the `at` of go.
    fleet_message message;
};

// What all replicas are to know: a revocation, purge, pause, block, lifting or "key refused". In our own
// time; the implementation turns it into the store's with fleet_listener::to_store, at each sending anew.
// A purge's time is the store's, taken before it is sent first, and then the same at each sending. A block's
// is max(the store's now, the newest that is known for that account + 1 ms).
struct fleet_notice {
    fleet_kind kind = fleet_kind::revocation;
    std::optional<token_id> token{};  // of a revocation
    std::string fingerprint{};        // of a purge of one token
    std::string account{};            // of a block, and a purge of one account
    core::time_point at;              // when it became true here
    // Of a purge: as long as it is sent again. Of a block: one that ends at `at` or before is a lifting;
    // core::never: until it is lifted.
    core::time_point until{};
    std::vector<key_id> keys{};  // of pause and "key refused"
};

// Why something from the store counts for nothing: gate_fleet_rejected_total{what}.
enum class fleet_defect : std::uint8_t {
    unsealed,   // does not unseal, or not for this place
    malformed,  // unseals, but says nothing that can be; and a count that is none
    type,       // a key of a wrong type, or a stream whose ids are exhausted
    size,       // too large to be read
    future,     // asked ahead of the store's clock, or of ours
    foreign,    // of a replica with other secret keys
    lock,       // a lock that nobody of the fleet holds
    budget,     // counters that neither Gate nor the log confirms
    reply,      // not what the command answers
    count_
};
std::string_view to_string(fleet_defect what) noexcept;

// A figure of the store's clock: the time in a reply to a command that was sent at `sent` and answered at
// `received`. Both by CLOCK_BOOTTIME, since its epoch: fleet_now().
struct clock_sample {
    store_time said;
    store_span sent;
    store_span received;
};

// Another replica's word, and how the store is: told to auth by the implementation.
class fleet_listener {
public:
    virtual ~fleet_listener() = default;

    // A command connection or reader has been set up; the log is read from its beginning, or from 10 s
    // before position(). Until caught_up() no yes of the log is used.
    virtual void connected() = 0;
    // Everything that was in the log when connected() was called has been heard.
    virtual void caught_up() = 0;
    // The store is away, or a command is late: all that wait for it go on alone. Each time that it happens.
    virtual void away() = 0;

    // Before heard() of the same reply.
    virtual void sampled(const clock_sample& sample) = 0;
    // The time of the store now, as far as it is known; nothing: it has never been there. Thread-safe.
    virtual std::optional<store_time> to_store(core::time_point when) const = 0;

    // A message of the log, or a block or lifting of `:b`; in any order, and more than once. The replica's
    // own messages too. False: it was rejected, and counted.
    virtual bool heard(const fleet_message& message) = 0;
    // All entries up to `where` have been heard (or skipped). A lower one than before: another history.
    virtual void reached(const log_position& where) = 0;
    // Thread-safe.
    virtual log_position position() const = 0;

    // All blocks and liftings that are known here, for the merge with `:b`.
    virtual std::vector<fleet_message> blocks() const = 0;

    // Counts. Thread-safe.
    virtual void rejected(fleet_defect what) = 0;
};

// The store, as auth sees it.
class fleet {
public:
    virtual ~fleet() = default;

    // One round trip. Ends within fleet.timeout: `away` then, and what the store has done nevertheless is
    // given back, or ends by itself (nobody extends the lock). Immediately `away` where the store is known to
    // be away.
    virtual core::task<fleet_turn> begin(fleet_question question, core::executor executor) = 0;

    // The call that `lock` was taken for has ended: exactly once for each `go`, whatever happened. Nobody
    // waits for it. Not published if the connection was set up anew since `go`. Bounded: what waits to be
    // sent is dropped beyond 10 000.
    virtual void finish(fleet_lock lock, fleet_result result) = 0;

    // True: the store has acknowledged it. False after fleet.timeout for each command that it takes (a purge
    // takes two), or immediately where the store is away: then it is sent again each second, and after each
    // connect, while it is young (until its end; a purge for TTL + grace + 10 s). Bounded: 10 000 of them,
    // of which the oldest is dropped.
    virtual core::task<bool> publish(fleet_notice notice, core::executor executor) = 0;
    // The same, and nobody waits for it.
    virtual void announce(fleet_notice notice) = 0;

    // gate_fleet_connected, _replicas, _operations_total, _operation_duration_seconds, _events_total and
    // _lag_seconds.
    virtual void collect(telemetry::metrics_snapshot& into) const = 0;

    struct statistics {
        bool is_connected = false;
        unsigned replicas = 1;  // that share the budget, this one included; as last seen where it is away
    };
    virtual statistics stats() const = 0;
};

}  // namespace gate::auth
