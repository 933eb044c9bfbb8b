#pragma once
// What befalls the store itself in a cell, whoever asks it: it is wiped, full, fails over, or is written to
// by a program that has no key. What befalls the way to it: see store_line.

#include "fleet_cell.hpp"
#include "store_model.hpp"

namespace gate::simulation {

class store_misfortunes {
public:
    // All outlive this, which lives as long as the run.
    store_misfortunes(event_queue& queue, store_model& store, const fleet_cell& cell, core::time_point began)
        : queue_(queue), store_(store), cell_(cell), began_(began) {}

    void start();

private:
    core::task<> befall(store_trouble what);
    core::task<> write_without_key();

    event_queue& queue_;
    store_model& store_;
    const fleet_cell& cell_;
    const core::time_point began_;
};

}  // namespace gate::simulation
