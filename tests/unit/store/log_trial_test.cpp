// A message that is written to a real store and read again, in a log of its own.
#include "replica.hpp"

#include <gate/store/log_trial.hpp>

#include <catch.hpp>
#include <optional>

namespace {

using namespace gate;
using namespace gate::test;

core::task<> put_into(core::task<store::trial> work, std::optional<store::trial>& out) {
    out = co_await std::move(work);
}

store::trial try_log(const store::fleet_log_options& options) {
    loop here;
    std::optional<store::trial> out;
    core::spawn(put_into(store::try_log(here.context.get_executor(), here.wheel, options,
                                        fleet_keys_of_test(), core::clock::now() + std::chrono::seconds(20)),
                         out));
    here.run_until([&] { return out.has_value(); });
    return *out;
}

TEST_CASE("a message comes back from the store, and nothing is left of it") {
    if (!has_redis_server()) return;
    redis_server server;
    const auto found = try_log(options_for(server));
    CHECK(found.failure == store::fault::none);
    CHECK(found.came_back);
    CHECK(server({"DBSIZE"}).number == 0);
}

TEST_CASE("a store that takes no message says why") {
    if (!has_redis_server()) return;
    redis_server server;
    server({"CONFIG", "SET", "maxmemory", "1"});
    const auto found = try_log(options_for(server));
    CHECK(found.failure == store::fault::failed);
    CHECK(found.said.starts_with("OOM"));
    CHECK_FALSE(found.came_back);
}

TEST_CASE("a store that is away fails") {
    CHECK(try_log(options_for("unix:/nowhere/redis.sock")).failure == store::fault::unreachable);
}

}  // namespace
