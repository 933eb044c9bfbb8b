#pragma once
// The real fold under the model of two replicas: what one of them finds, and what the rules say that it
// finds.
#include "fleet_model.hpp"

#include <gate/auth/fact_shard.hpp>
#include <gate/auth/fleet_fold.hpp>

namespace fleet_model {

// One replica. Times are milliseconds of the model.
class real_core {
public:
    real_core();

    void hear(const gate::auth::fleet_message& said, int now);
    gate::auth::finding find(int now);

private:
    gate::auth::fact_shard facts_;
    gate::auth::fleet_clock clock_;
    gate::auth::fleet_rules rules_;
};

// The message of that name, with the times of `in`.
gate::auth::fleet_message said_of(message which, const state& in);

// Whether that is what the rules say that replica `on` finds, given what it has heard.
bool agrees(const gate::auth::finding& found, const state& in, unsigned on);

}  // namespace fleet_model
