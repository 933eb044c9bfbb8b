#pragma once
// One verification in a fleet. What to do next, fleet_miss decides; here it is done: the governor and the
// store are asked (authenticator_fleet.cpp), then Gate is called, or another replica's call waited for.
#include "authenticator_call.hpp"

#include <gate/auth/fleet_member.hpp>
#include <gate/auth/fleet_miss.hpp>

#include <optional>
#include <string>

namespace gate::auth {

// The governor's permit is held while the store is asked, and during a call; not while another replica's is
// waited for.
struct authenticator::fleet_flight {
    authenticator& owner;
    core::secret_string token;
    flight_id flight;
    const token_key& key = flight.token;
    lane which;
    auth::asker asker;
    bool has_permit;
    fleet_member& fleet;
    fleet_waits::place heard;
    core::time_point known_before;  // when the last word that is known was asked for
    fleet_miss miss;
    fleet_miss::action next = fleet_miss::start();
    attempt number = attempt::first;
    std::optional<outcome> result{};
    fleet_lock held_lock = 0;  // that finish() has not been called for
    store_time asked{};        // of held_lock

    fleet_flight(authenticator& of, core::secret_string secret, const flight_id& id, lane lane_of,
                 const std::optional<client_id>& from, bool admitted);
    ~fleet_flight();
    fleet_flight(const fleet_flight&) = delete;
    fleet_flight& operator=(const fleet_flight&) = delete;

    // Until there is a result.
    core::task<> step();

    core::time_point now() const { return owner.shared_.time.now(); }
    void give_back();
    core::time_point last_word() const;
    // Whether the cache says something that was asked for after `since`: then it is the result.
    bool look(core::time_point since);
    core::task<> ask_governor();
    core::task<> ask_store(std::string ignored, bool without_budget);
    core::task<> wait(core::time_point until, std::optional<log_position> where);
    void use(fleet_answer&& from);
    void keep();

    // authenticator_fleet_call.cpp. With held_lock, or without the store.
    core::task<> make_call();
    core::time_point asked_at(core::time_point began) const;
    void tell_of(const call_result& ended);
    void finish_unmade() noexcept;
    core::task<bool> may_try_again(call_result ended);
};

}  // namespace gate::auth
