#pragma once
// One verification for all who wait for the same token, on whatever worker.
//
// The first to join a token's flight leads it: it has the call made, by a detached task, which lands the
// flight with the outcome; if the leader gives up, nothing changes for the others. Every request that joined
// before that is resumed on its own worker's thread. A waiter may give up at its deadline: the flight goes on
// for the others. Nobody looks whether the client of a waiter is still there: it is resumed like any other.
//
// Lifetime: an executor handed to wait() must be usable until the flight has landed: stop all workers before
// the first io_context is destroyed.

#include <gate/auth/decision.hpp>
#include <gate/auth/token_key.hpp>
#include <gate/core/asio.hpp>
#include <gate/core/mutex.hpp>
#include <gate/core/task.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <unordered_map>

namespace gate::auth {

// The result of a verification. Errors are shared within the flight that saw them only (rule 12).
struct outcome {
    core::verdict verdict = core::verdict::unavailable;
    core::reason reason = core::reason::internal_error;
    auth::identity identity;                     // of allow
    core::time_point fresh_until = core::never;  // of allow
    std::chrono::seconds retry_after{0};
    std::string request_id;
    // Of unavailable: a call for this very token has failed, in the known lane, or that lane's circuit is
    // open. What cache.grace is for.
    bool may_outlive_ttl = false;
    bool from_fleet = false;  // another replica asked Gate
    int gate_status = 0;      // of the HTTP response; 0: none
};

// A flight of a token: of those after a purge, another one than of those before it.
struct flight_id {
    token_key token;
    std::uint64_t generation = 0;
    // NOLINTNEXTLINE(google-explicit-constructor): a token alone stands for its first flight
    flight_id(const token_key& key, std::uint64_t of = 0) noexcept : token(key), generation(of) {}
    bool operator==(const flight_id&) const = default;
};

class single_flight {
    struct flight;
    struct waiter;
    struct suspension;

public:
    explicit single_flight(std::size_t max_waiters) noexcept : max_waiters_(max_waiters) {}

    // A place among the waiters of a flight; given back by the destructor.
    class seat {
    public:
        seat(seat&& other) noexcept
            : owner_(std::exchange(other.owner_, nullptr)),
              flight_(std::move(other.flight_)),
              id_(other.id_),
              leads_(other.leads_) {}
        seat& operator=(seat&&) = delete;
        ~seat();

        // True for the first: it must see to it that the flight lands, whatever happens.
        bool leads() const noexcept { return leads_; }
        const flight_id& id() const noexcept { return id_; }

    private:
        friend class single_flight;
        seat(single_flight* owner, std::shared_ptr<flight> joined, const flight_id& id, bool leads) noexcept
            : owner_(owner), flight_(std::move(joined)), id_(id), leads_(leads) {}

        single_flight* owner_;
        std::shared_ptr<flight> flight_;
        flight_id id_;
        bool leads_;
    };

    // From now on. Thread-safe.
    void limit_waiters(std::size_t most);

    // Joins the flight of key, or opens one. Nothing when max_waiters wait already. Thread-safe.
    std::optional<seat> join(const token_key& key);

    // Nobody joins a flight that is open now any more: perhaps Gate was asked before a purge. Thread-safe.
    void close_to_newcomers();

    // The call of a flight is under way, and counts as failed from `late_from` on for requests that give up
    // then (core::never: it does not). Thread-safe.
    void note_call(const flight_id& which, core::time_point late_from);

    // Waits until the flight has landed (its outcome) or `deadline` is there (gate_timeout, or gate_busy if
    // the turn of its call has not come by then). Resumes on `executor`, whose thread must be the calling
    // one. `joined` is a seat of this object.
    core::task<outcome> wait(seat joined, core::executor executor, core::time_point deadline);

    // Ends a flight. The next to join opens a new one. Thread-safe.
    void land(const flight_id& which, const outcome& result);

    std::size_t flights() const;
    std::size_t waiters() const;

private:
    struct id_hash {
        std::size_t operator()(const flight_id& id) const noexcept { return id.token.hash() + id.generation; }
    };

    mutable core::mutex mutex_;
    std::size_t max_waiters_ GATE_GUARDED_BY(mutex_);
    std::unordered_map<flight_id, std::shared_ptr<flight>, id_hash> flights_ GATE_GUARDED_BY(mutex_);
    std::uint64_t generation_ GATE_GUARDED_BY(mutex_) = 0;
    std::size_t waiters_ GATE_GUARDED_BY(mutex_) = 0;
};

}  // namespace gate::auth
