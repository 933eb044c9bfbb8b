#pragma once
// Flights of this process that wait for what another replica says of their token. Thread-safe.
//
// Lifetime: an executor handed to wait() must be usable until its wait is over, as with single_flight.

#include <gate/auth/decision.hpp>
#include <gate/auth/fleet.hpp>
#include <gate/auth/token_key.hpp>
#include <gate/core/asio.hpp>
#include <gate/core/mutex.hpp>
#include <gate/core/task.hpp>

#include <list>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

namespace gate::auth {

// Gate's word on a token, from another replica. For one that waits, even if its life is 0.
struct fleet_answer {
    core::verdict verdict = core::verdict::unavailable;
    core::reason reason = core::reason::none;
    std::string account_id;  // of allow
    core::time_point asked;
    core::time_point fresh_until;
    std::string request_id;
};

struct fleet_news {
    enum class kind : std::uint8_t {
        timed_out,
        away,      // the store is late or away
        reached,   // the place in the log that was waited for
        nothing,   // a message that may not be used here
        failed,    // a call of another replica
        answered,  // by Gate, to another replica
    };
    kind event = kind::timed_out;
    core::reason reason = core::reason::none;  // of failed
    core::time_point asked{};                  // of failed: when Gate was asked
    fleet_answer answer{};                     // of answered
};

class fleet_waits {
    struct waiter;
    struct slot;
    struct suspension;

public:
    // From its making on, what is told about its token is kept for its next wait(): of more than one, what
    // says more.
    class place {
    public:
        place(place&&) noexcept = default;
        place& operator=(place&&) = delete;
        ~place();

    private:
        friend class fleet_waits;
        place(fleet_waits& owner, const token_key& key, std::shared_ptr<slot> own)
            : owner_(owner), key_(key), own_(std::move(own)) {}

        fleet_waits& owner_;
        token_key key_;
        std::shared_ptr<slot> own_;
    };
    place listen(const token_key& key);

    // Until something is told about the token, the reader has been at `where` (if it is given), the store is
    // late, or `span` is over. Resumes on `executor`, whose thread must be the calling one.
    core::task<fleet_news> wait(const place& from, core::executor executor, core::duration span,
                                std::optional<log_position> where = {});

    void tell(const token_key& key, const fleet_news& news);
    void move_to(const log_position& where);
    void went_away();
    log_position position() const;

private:
    using slots = std::list<std::shared_ptr<slot>>;
    struct key_hash {
        std::size_t operator()(const token_key& key) const noexcept { return key.hash(); }
    };
    struct woken;

    template <class Which>
    void wake(Which&& which, const fleet_news& news);

    mutable core::mutex mutex_;
    std::unordered_map<token_key, slots, key_hash> slots_ GATE_GUARDED_BY(mutex_);
    log_position position_ GATE_GUARDED_BY(mutex_);
};

}  // namespace gate::auth
