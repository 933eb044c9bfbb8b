#pragma once
// A replica of a fleet, in virtual time: the real governor, caches, fold, clock, budget and fleet_miss, over
// the modelled log. What the authenticator and fleet_member do with threads and timers is done here.

#include "../replica.hpp"
#include "fleet_book.hpp"
#include "modelled_log.hpp"

#include <gate/auth/fleet_budget.hpp>
#include <gate/auth/fleet_clock.hpp>
#include <gate/auth/fleet_fold.hpp>
#include <gate/auth/fleet_miss.hpp>
#include <gate/auth/governor.hpp>
#include <gate/auth/token_facts.hpp>

#include <unordered_map>

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

    // When Gate was asked for the answer that lets the token pass; core::never: it is refused.
    core::task<core::time_point> serve(std::uint64_t token, auth::client_id from);
    core::task<> revoke(std::uint64_t token);
    void change_secret_key();

    std::size_t commands() const { return line_.commands(); }

    // auth::fleet_listener
    void connected() override {}
    void caught_up() override { is_caught_up_ = true; }
    void away() override;
    void sampled(const auth::clock_sample& sample) override { clock_.sample(sample); }
    std::optional<store_time> to_store(core::time_point when) const override;
    bool heard(const auth::fleet_message& message) override;
    void reached(const log_position& where) override;
    log_position position() const override { return position_; }
    std::vector<auth::fleet_message> blocks() const override { return {}; }
    void rejected(auth::fleet_defect) override { world_.book.note_rejected(); }

private:
    struct open_flight {
        explicit open_flight(event_queue& queue) : landed(queue) {}
        bell landed;
        core::time_point asked = core::never;  // of a yes
        bool is_over = false;
    };
    using shared_flight = std::shared_ptr<open_flight>;
    struct flight_state;

    shared_flight open(std::uint64_t token, auth::lane which, auth::client_id from);
    core::task<core::time_point> answer(std::uint64_t token, auth::client_id from);
    core::task<> fly(std::uint64_t token, auth::lane which, auth::client_id from, shared_flight own);
    core::task<> ask_governor(flight_state& own);
    core::task<> ask_store(flight_state& own, auth::fleet_miss::begin how);
    core::task<> wait(flight_state& own, core::time_point until, std::optional<log_position> where);
    core::task<> call(flight_state& own, auth::fleet_lock lock, store_time asked);
    void learn(std::uint64_t token, const auth::verification& answer, core::time_point asked);
    void publish(std::uint64_t token, const auth::verification& answer, auth::fleet_lock lock,
                 store_time asked, core::wall_clock::time_point verified_at);
    auth::recollection recall(std::uint64_t token) const;
    core::time_point last_word(std::uint64_t token) const;
    // Whether there is a word that was asked for after `since`, and may be used.
    bool knows(std::uint64_t token, core::time_point since) const;
    void apply(const auth::fleet_message& message, const auth::fleet_changed& change);
    std::vector<auth::key_id> keys() const;
    core::wall_clock::time_point wall_now() const;
    auth::fleet_moment moment() const { return {world_.queue.now(), wall_now()}; }

    fleet_world& world_;
    const std::size_t number_;
    store_line line_;
    modelled_log log_;
    auth::fleet_rules rules_;
    auth::fleet_clock clock_;
    auth::fleet_budget budget_;
    mutable auth::token_facts facts_;
    auth::governor governor_;

    std::unordered_map<std::uint64_t, shared_flight> flights_;
    bell changed_;  // something was heard or reached, or the store is away
    std::unordered_map<std::uint64_t, core::time_point> failed_;  // tokens for which a call has just failed
    std::uint64_t losses_ = 0;                                    // how often the store was away or late
    log_position position_;
    core::time_point started_;
    bool is_caught_up_ = false;
    bool is_stopped_ = false;
    int key_ = 0;                     // number of the secret key
    core::time_point key_changed_{};  // not set: never
};

}  // namespace gate::simulation
