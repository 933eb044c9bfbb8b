#include "pool_model.hpp"

#include <catch.hpp>
#include <unordered_set>

using namespace gate;
using test::pool_scenario;
using test::pool_world;

namespace {

// Every order of events, as a tree: a world cannot be copied, so that each is made anew from its beginning.
class exploration {
public:
    explicit exploration(const pool_scenario& how) : how_(how) {}

    void run() {
        std::vector<pool_world::event> path;
        explore(path);
    }
    std::size_t worlds() const { return seen_.size(); }

private:
    void replay(pool_world& world, const std::vector<pool_world::event>& path) {
        for (const auto& each : path) world.happen(each);
    }

    void explore(std::vector<pool_world::event>& path) {
        pool_world world(how_);
        try {
            replay(world, path);
            if (!seen_.insert(world.fingerprint()).second) return;
            const auto next = world.possible();
            world.run_down();
            for (const auto& each : next) {
                path.push_back(each);
                explore(path);
                path.pop_back();
            }
        } catch (const pool_world::violation& broken) {
            std::string events;
            for (const auto& each : path)
                events += std::to_string(static_cast<int>(each.what)) + "/" + std::to_string(each.index) +
                          (each.is_stale ? "s " : " ");
            FAIL(broken.what() << " after " << events);
        }
    }

    pool_scenario how_;
    std::unordered_set<std::string> seen_;
};

std::size_t explore(const pool_scenario& how) {
    exploration all(how);
    all.run();
    return all.worlds();
}

}  // namespace

TEST_CASE("in every order of events the limit holds over all workers, and nobody waits in vain") {
    CHECK(explore({.workers = 1, .connections = 1, .share = 1, .requests = {{0}, {0}, {0}}}) > 50);
    CHECK(explore({.workers = 2, .connections = 1, .share = 1, .requests = {{0}, {1}, {0}, {1}}}) > 1000);
    CHECK(explore({.workers = 2, .connections = 2, .share = 2, .requests = {{0}, {1}, {0}, {1}}}) > 1000);
    CHECK(explore({.workers = 3, .connections = 1, .share = 1, .requests = {{0}, {1}, {2}, {1}}}) > 1000);
    CHECK(explore({.workers = 3, .connections = 2, .share = 2, .requests = {{0}, {1}, {2}, {1}}}) > 1000);
}

TEST_CASE("in every order of events shares are respected while few are free") {
    CHECK(explore({.workers = 1, .connections = 2, .share = 1, .requests = {{0, 0}, {0, 0}, {0, 1}, {0}}}) >
          500);
    CHECK(
        explore({.workers = 2, .connections = 2, .share = 1, .requests = {{0, 0}, {1, 0}, {0, 1}, {1, 0}}}) >
        1000);
    CHECK(
        explore({.workers = 2, .connections = 3, .share = 2, .requests = {{0, 0}, {1, 0}, {0, 0}, {1, 1}}}) >
        1000);
}

TEST_CASE("in every order of events a change of the limit loses nothing") {
    CHECK(explore({.workers = 2,
                   .connections = 1,
                   .share = 1,
                   .requests = {{0}, {1}, {0}, {1}},
                   .other_limit = 2}) > 1000);
    CHECK(explore({.workers = 2,
                   .connections = 3,
                   .share = 2,
                   .requests = {{0, 0}, {1, 0}, {0, 1}, {1}},
                   .other_limit = 1}) > 1000);
}
