#pragma once
// A replica of a fleet: the real governor, the fold, and what fleet.md says of a miss, over the modelled log.

#include "../replica.hpp"
#include "fleet_book.hpp"
#include "modelled_fold.hpp"
#include "modelled_log.hpp"

#include <gate/auth/governor.hpp>

#include <deque>
#include <map>

namespace gate::simulation {

// What all replicas of a run live in. Outlives them.
struct fleet_world {
    event_queue& queue;
    gate_model& gate;
    store_model& store;
    fleet_book& book;
    core::asio::io_context& context;  // for what the governor posts
    const fleet_cell& cell;
    core::time_point began;
    core::time_point ends;
    bool has_store = true;
};

class fleet_replica : public auth::fleet_listener {
public:
    // `number`: of its place; `life`: another one for each that ever runs.
    fleet_replica(fleet_world& in, std::size_t number, std::size_t life);

    void start();
    // It ends in the middle of what it does: nobody hears of the calls that it has made.
    void stop();
    bool is_stopped() const noexcept { return is_stopped_; }
    // It has read what there was, or has waited for long enough.
    bool is_ready() const;

    // Whether the token passes, and when Gate was asked for that; core::never: it is refused.
    core::task<core::time_point> serve(std::uint64_t token, auth::client_id from);
    core::task<> revoke(std::uint64_t token);
    void change_secret_key();

    std::size_t commands() const { return line_.commands(); }

    // auth::fleet_listener
    void connected() override;
    void caught_up() override { is_caught_up_ = true; }
    void away() override { changed_.ring(); }
    void sampled(const auth::clock_sample& sample) override;
    std::optional<store_time> to_store(core::time_point when) const override;
    bool heard(const auth::fleet_message& message) override;
    void reached(const log_position& where) override;
    log_position position() const override { return position_; }
    std::vector<auth::fleet_message> blocks() const override { return {}; }
    void rejected(auth::fleet_defect what) override;

private:
    struct flight {
        explicit flight(event_queue& queue) : landed(queue) {}
        bell landed;
        core::time_point asked = core::never;  // of a yes
        bool is_over = false;
    };
    using shared_flight = std::shared_ptr<flight>;

    struct agreement {
        enum class kind { call, known, refuse } what = kind::call;
        auth::fleet_lock lock = 0;    // of call; 0: without the store
        core::time_point asked{};     // of call
        store_time asked_at_store{};  // of call, with a lock
    };

    core::task<core::time_point> answer(std::uint64_t token, auth::client_id from);
    core::task<> fly(std::uint64_t token, auth::lane which, auth::client_id from, shared_flight own);
    core::task<auth::admission> admit(auth::lane which, auth::asker who);
    core::task<agreement> agree(std::uint64_t token, auth::lane which);
    core::task<> reach(log_position where, core::time_point until);
    // Until its message, or its failure, has come (true), the store is away, or the lock has ended.
    core::task<bool> wait_for(std::uint64_t token, core::duration life, core::time_point asked_before);
    core::task<> call(std::uint64_t token, auth::lane which, auth::asker who, agreement go);
    void publish(std::uint64_t token, const auth::verification& answer, const agreement& go,
                 core::wall_clock::time_point verified_at);
    bool counts(const auth::fleet_turn& held) const;
    bool is_plausible(const auth::fleet_turn& later);
    // Whether there is another word than the one that was asked for at `asked_before`.
    bool knows(std::uint64_t token, core::time_point asked_before) const;
    core::time_point to_own(store_time when) const;
    bool hear_verdict(const auth::fleet_message& message);
    std::vector<auth::key_id> keys() const;
    core::wall_clock::time_point wall_now() const;

    fleet_world& world_;
    const std::size_t number_;
    const core::duration ttl_;
    store_line line_;
    modelled_log log_;
    modelled_fold facts_;
    auth::governor governor_;

    std::unordered_map<std::uint64_t, shared_flight> flights_;
    bell changed_;  // something was heard or reached, or the store is away
    log_position position_;
    std::optional<store_span> offset_;  // the store's time minus ours
    core::time_point started_;
    bool is_caught_up_ = false;
    bool is_stopped_ = false;

    int key_ = 0;                         // number of the secret key
    core::time_point key_changed_{};      // not set: never
    std::deque<core::time_point> calls_;  // of the fleet, as far as it is known here
    std::deque<core::time_point> wasted_;
    std::unordered_map<std::uint64_t, core::time_point> failed_;  // tokens for which a call has just failed
    std::optional<unsigned> remaining_;
    core::time_point remaining_asked_{};
    std::uint64_t next_jitter_ = 1;
};

}  // namespace gate::simulation
