#include "fleet_cell.hpp"

namespace gate::simulation {
namespace {

constexpr core::duration warm{120'000};
constexpr core::duration measured{180'000};
constexpr core::duration at = warm + 20s;  // when troubles come

fleet_cell cell_of(std::size_t replicas, std::size_t tokens, double per_second,
                   const std::string& what = {}) {
    fleet_cell out;
    out.base.name = std::to_string(replicas) + (replicas == 1 ? " replica, " : " replicas, ") +
                    std::to_string(tokens) + " tokens, " + std::to_string(static_cast<int>(per_second)) +
                    "/s" + (what.empty() ? "" : ", " + what);
    out.base.replicas = replicas;
    out.base.good = {tokens, per_second, routing::round_robin, 0.0, 0s};
    out.base.measured_from = warm;
    out.base.length = warm + measured;
    return out;
}

fleet_cell ten(const std::string& what) {
    return cell_of(10, 300, 600, what);
}

fleet_cell starting(fleet_cell cell) {
    cell.base.measured_from = 0s;
    cell.slowest = 3s;
    cell.base.length = 120s;
    return cell;
}

void add_steady(std::vector<fleet_cell>& out) {
    out.push_back(cell_of(1, 300, 600));
    out.push_back(ten(""));
    out.back().base.quick = true;
    out.push_back(cell_of(100, 300, 1'000));
    out.push_back(cell_of(10, 480, 960));
    out.push_back(cell_of(100, 480, 1'600));
    out.push_back(starting(cell_of(10, 480, 960, "all start in one moment")));
    out.push_back(starting(cell_of(100, 480, 1'600, "all start in one moment")));
    // More than the budget: some must wait.
    out.push_back(starting(cell_of(100, 800, 4'000, "all start in one moment")));
    out.back().refused_share = 0.3;
    out.push_back(cell_of(10, 1, 0.1, "idle"));
    out.push_back(ten("1 000 random tokens/s"));
    out.back().base.flood = flood_from::many_addresses;
    out.back().base.flooded = {at, at + 60s};
}

void add_changes(std::vector<fleet_cell>& out) {
    out.push_back(ten("a revocation each second"));
    out.back().revoke_every = 1s;
    out.back().base.quick = true;
    out.push_back(ten("Gate withdraws a token each second"));
    out.back().withdraw_every = 1s;
    out.back().calls_per_ttl = 1.2;  // a refusal lives for half a TTL
    out.push_back(ten("each restarted in turn"));
    out.back().restart_every = 6s;
    out.back().all_restart_once = true;
    out.push_back(ten("one dies each 2 s, its calls with it"));
    out.back().restart_every = 2s;
    out.back().most_repeated = 90;  // one for each that dies
    out.push_back(ten("a new secret key at one after the other [8]"));
    out.back().key_every = 4s;
    out.push_back(ten("wall clocks 4 s apart"));
    out.back().wall_skew = 4s;
}

fleet_cell in_trouble(const std::string& name, const store_trouble& what) {
    // As many as each replica can ask about by itself.
    auto out = cell_of(10, 50, 200, name);
    out.store_troubles = {what};
    out.revoke_every = 6s;
    out.is_shared = false;
    out.most_repeated = 1'000'000;
    out.calls_per_ttl = 10;
    out.revoked_within = what.when.to - what.when.from + 3s;
    return out;
}

void add_store_troubles(std::vector<fleet_cell>& out) {
    out.push_back(in_trouble("store killed for 60 s", {store_fault::killed, {at, at + 60s}}));
    out.back().base.quick = true;
    out.push_back(in_trouble("", {store_fault::killed, {at, at + 60s}}));
    out.back().base = ten("store killed for 60 s").base;
    out.back().refused_share = 0.4;
    out.push_back(in_trouble("store killed for 1 s", {store_fault::killed, {at, at + 1s}}));
    out.push_back(in_trouble("store paused for 5 s", {store_fault::paused, {at, at + 5s}}));
    out.push_back(in_trouble("store 40 ms slower", {store_fault::slow, {at, at + 60s}, 40ms}));
    out.push_back(in_trouble("store 2 s slower", {store_fault::slow, {at, at + 60s}, 2s}));
    out.push_back(
        in_trouble("half of them cut off for 30 s", {store_fault::partition, {at, at + 30s}, 0s, 5}));
    out.push_back(in_trouble("1 % of all commands break the connection",
                             {store_fault::cut, {at, at + 60s}, 0s, 1'000, 0.01}));
    out.push_back(in_trouble("store wiped each 2 s [2]", {store_fault::wiped, {at, at + 60s}, 2s}));
    out.push_back(in_trouble("store full for 60 s [2]", {store_fault::full, {at, at + 60s}}));
}

// To a node that has not got the last second.
void add_fail_overs(std::vector<fleet_cell>& out) {
    out.push_back(in_trouble("fail-over [9]", {store_fault::fails_over, {at, at}}));
    for (const auto clock : {-40s, 40s}) {
        auto cell =
            in_trouble(std::string("fail-over, clock 40 s ") + (clock < 0s ? "behind" : "ahead") + " [4]",
                       {store_fault::fails_over, {at, at}, 0s, 1'000, 0, clock});
        cell.withdraw_every = 3s;
        cell.is_shared = true;
        out.push_back(cell);
    }
    auto mixed = out[out.size() - 2];
    mixed.base.name += ", TTLs of 20 and 60 s, each restarted in turn";
    mixed.ttl_of_odd = 20s;
    mixed.restart_every = 2s;
    mixed.most_repeated = 1'000'000;
    out.push_back(mixed);
}

void add_attacks(std::vector<fleet_cell>& out) {
    const struct {
        const char* name;
        attack what;
    } attacks[] = {{"history set back each 50 ms [3]", attack::history_set_back},
                   {"forged locks on all tokens [5]", attack::forged_locks}};
    for (const auto& [name, what] : attacks) {
        out.push_back(ten(name));
        out.back().under = what;
        out.back().revoke_every = 1s;
        out.back().most_repeated = 30;  // of 300 tokens
    }
    out.back().base.quick = true;  // not the first, whose many histories take 400 s under ASan
    out.push_back(starting(ten("counters filled, cold start [6]")));
    out.back().under = attack::filled_calls;
}

// 80 tokens, all verified in the same second, and 100 calls in 10 s.
void add_short_window(std::vector<fleet_cell>& out) {
    auto cell = starting(cell_of(10, 80, 800, "100 calls per 10 s [7]"));
    cell.limit = 100;
    cell.window = cell.ttl = 10s;
    cell.base.length = 60s;
    out.push_back(cell);
}

}  // namespace

std::vector<fleet_cell> all_fleet_cells() {
    std::vector<fleet_cell> out;
    add_steady(out);
    add_changes(out);
    add_store_troubles(out);
    add_fail_overs(out);
    add_attacks(out);
    add_short_window(out);
    return out;
}

}  // namespace gate::simulation
