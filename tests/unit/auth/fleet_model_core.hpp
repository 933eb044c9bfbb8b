#pragma once
// The real fold under the model of a fleet: what a replica finds, and what the rules say that it finds.
#include "fleet_model.hpp"

#include <gate/auth/fact_shard.hpp>
#include <gate/auth/fleet_fold.hpp>

namespace fleet_model {

// One replica. Times are milliseconds of the model, and never go back.
class real_core {
public:
    real_core();

    void hear(const gate::auth::fleet_message& said, int now);
    gate::auth::finding find(int now);

private:
    // They make the tables look for what they may forget.
    void hear_of_other_tokens(gate::core::time_point local);

    gate::auth::fact_shard facts_;
    gate::auth::fleet_clock clock_;
    gate::auth::fleet_rules rules_;
    std::uint64_t others_ = 0;
};

// The message of that name, with the times of `in`.
gate::auth::fleet_message said_of(message which, const state& in);

// A replica that has heard what `in` says.
real_core core_after(const state& in);

// Whether that is what the rules say.
bool agrees(const gate::auth::finding& found, const state& in);

}  // namespace fleet_model
