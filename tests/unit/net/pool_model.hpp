#pragma once
// A small world around the real pool_core, for tests that try every order of events: workers that do what
// connection_pool does, with messages under way and alerts that they see late, and what must always hold.

#include <gate/net/pool_core.hpp>

#include <deque>
#include <stdexcept>
#include <string>
#include <vector>

namespace gate::test {

struct pool_scenario {
    struct request {
        unsigned worker;
        int account = -1;  // -1: not counted
    };
    unsigned workers;
    std::size_t connections;
    std::size_t share;
    std::vector<request> requests;
    std::size_t other_limit = 0;  // that it may change to, once; 0: it does not
};

class pool_world {
public:
    enum class kind : std::uint8_t { begin, keep, drop, lose_idle, look, resume, expire, change_limit };
    struct event {
        kind what;
        unsigned index;         // of a request or a worker
        bool is_stale = false;  // the worker has not seen the alerts of now
    };
    struct violation : std::logic_error {
        using logic_error::logic_error;
    };

    explicit pool_world(const pool_scenario& how);

    std::vector<event> possible() const;
    // Throws a violation.
    void happen(const event& what);
    // Ends all requests that hold a connection, carries out what is under way, until nothing is left: whoever
    // waits must have been served by then.
    void run_down();
    // Equal for worlds with an equal future.
    std::string fingerprint() const;

private:
    enum class phase : std::uint8_t { before, waiting, resuming, active, over };
    struct alerts {
        bool waits = false, scarce = false, unknown = false, exceeded = false;
        bool operator==(const alerts&) const = default;
    };
    struct account {
        std::size_t share = 0, counted = 0;
        unsigned looks = 0;
    };
    struct holder final : net::party {
        account* of = nullptr;
        bool holds = false, counted = false;
        mutable bool was_sated = false;
        mutable unsigned last_look = 0;

        void take(bool now_counted) noexcept override;
        void give_back() noexcept override;
        bool has_its_share() const noexcept override;
    };
    struct client {
        holder who{};
        net::slot_request slot;
        phase is = phase::before;
        unsigned order = 0;

        client(unsigned worker, account* of);
    };
    struct worker {
        std::size_t idle = 0;
        bool is_told = false;
        bool owes_count = false;
        alerts seen{};
    };

    void begin(client& one, bool is_stale);
    void keep(client& one, bool is_stale);
    void offer(worker& from);
    void look(unsigned number);
    void expire(client& one);
    void act();
    void note_grant(client& one);
    void check(std::size_t in_use_before);
    void require(bool condition, const char* rule) const;
    alerts now() const;
    std::size_t leased() const;
    std::size_t idle() const;
    std::size_t held_by(const account& who) const;
    bool is_over_its_share(const client& one) const;

    pool_scenario how_;
    net::pool_core core_;
    std::vector<account> accounts_;
    std::deque<client> clients_;
    std::vector<worker> workers_;
    std::vector<const client*> served_over_share_;  // by the last event
    bool judged_ = false;                           // by the last event
    bool limit_has_changed_ = false;
    unsigned asked_ = 0;
};

}  // namespace gate::test
