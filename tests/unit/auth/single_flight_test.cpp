#include <gate/auth/single_flight.hpp>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include <atomic>
#include <catch.hpp>
#include <made_identity.hpp>
#include <thread>
#include <token_keys.hpp>
#include <vector>

using namespace gate;
using namespace std::chrono_literals;
using auth::outcome;
using auth::single_flight;

namespace {

const auto key = key_number(1);

outcome allowed(std::string_view account) {
    return {auth::verdict::allow,
            core::reason::token_verified,
            auth::identity_for_tests::of(account),
            {},
            {},
            {}};
}

struct record {
    int landed = 0;
    int gave_up = 0;
    std::thread::id thread;
    std::string account;
    core::reason why = core::reason::none;
};

core::task<> wait_for(single_flight& flights, single_flight::seat seat, core::executor executor,
                      core::time_point deadline, record& out) {
    auto got = co_await flights.wait(std::move(seat), executor, deadline);
    out.thread = std::this_thread::get_id();
    ++(got.verdict == auth::verdict::allow ? out.landed : out.gave_up);
    out.account = got.identity.account_id();
    out.why = got.reason;
}

void spawn_waiter(single_flight& flights, core::asio::io_context& context, core::time_point deadline,
                  record& out) {
    auto seat = flights.join(key);
    REQUIRE(seat);
    core::spawn(wait_for(flights, std::move(*seat), context.get_executor(), deadline, out));
}

}  // namespace

TEST_CASE("the first leads, the others follow, all get the outcome") {
    core::asio::io_context context{1};
    single_flight flights(100);
    record records[3];
    CHECK(flights.join(key)->leads());
    for (auto& each : records) spawn_waiter(flights, context, core::never, each);
    flights.land(key, allowed("gacct_1"));
    context.run();
    for (const auto& each : records) {
        CHECK(each.landed == 1);
        CHECK(each.account == "gacct_1");
    }
    CHECK(flights.flights() == 0);
    CHECK(flights.waiters() == 0);
}

TEST_CASE("who comes after the landing opens a new flight") {
    single_flight flights(100);
    CHECK(flights.join(key)->leads());
    CHECK_FALSE(flights.join(key)->leads());
    flights.land(key, {});
    CHECK(flights.join(key)->leads());
}

TEST_CASE("who holds a seat when the flight lands gets its outcome without waiting") {
    core::asio::io_context context{1};
    single_flight flights(100);
    record out;
    auto seat = flights.join(key);
    flights.land(key, allowed("gacct_1"));
    core::spawn(wait_for(flights, std::move(*seat), context.get_executor(), core::clock::now() + 1h, out));
    CHECK(out.landed == 1);
    context.run();
}

TEST_CASE("a waiter gives up at its deadline; the flight goes on for the others") {
    core::asio::io_context context{1};
    single_flight flights(100);
    record hasty;
    record patient;
    spawn_waiter(flights, context, core::clock::now(), hasty);
    spawn_waiter(flights, context, core::never, patient);
    context.run();
    CHECK(hasty.gave_up == 1);
    CHECK(patient.landed + patient.gave_up == 0);
    CHECK(flights.waiters() == 1);
    flights.land(key, allowed("gacct_1"));
    context.restart();
    context.run();
    CHECK(hasty.landed == 0);
    CHECK(patient.landed == 1);
}

TEST_CASE("who gives up is told whether Gate was silent, or the turn of the call has not come") {
    core::asio::io_context context{1};
    single_flight flights(100);
    record waits_for_turn;
    spawn_waiter(flights, context, core::clock::now(), waits_for_turn);
    context.run();
    CHECK(waits_for_turn.why == core::reason::gate_busy);
    flights.note_call(key, core::never);
    record waits_for_gate;
    spawn_waiter(flights, context, core::clock::now(), waits_for_gate);
    context.restart();
    context.run();
    CHECK(waits_for_gate.why == core::reason::gate_timeout);
    CHECK(flights.flights() == 1);
}

TEST_CASE("a landing and a deadline that come together resume once") {
    core::asio::io_context context{1};
    single_flight flights(100);
    record out;
    spawn_waiter(flights, context, core::clock::now(), out);
    flights.land(key, allowed("gacct_1"));
    context.run();
    CHECK(out.landed + out.gave_up == 1);
}

TEST_CASE("rule 24: waiters are bounded over all flights") {
    single_flight flights(2);
    auto one = flights.join(key_number(1));
    auto two = flights.join(key_number(2));
    CHECK_FALSE(flights.join(key_number(1)));
    two.reset();
    CHECK(flights.join(key_number(1)));
}

TEST_CASE("waiters of two workers are resumed on their own threads") {
    single_flight flights(10'000);
    constexpr int rounds = 200;
    constexpr int waiters = 4;
    std::vector<record> records(2 * rounds * waiters);
    core::asio::io_context contexts[2]{core::asio::io_context{1}, core::asio::io_context{1}};
    auto busy =
        std::vector{core::asio::make_work_guard(contexts[0]), core::asio::make_work_guard(contexts[1])};
    std::atomic<int> joined{0};
    std::thread threads[2];
    const auto main_thread = std::this_thread::get_id();

    // Each worker joins many flights while the main thread lands them: joining, giving up and landing meet.
    for (int w = 0; w < 2; ++w) {
        threads[w] = std::thread([&, w] {
            for (int round = 0; round < rounds; ++round) {
                for (int i = 0; i < waiters; ++i) {
                    auto seat = flights.join(key);
                    const auto wait = i == 0 ? core::clock::now() : core::never;
                    auto& out = records[static_cast<std::size_t>((w * rounds + round) * waiters + i)];
                    core::spawn(wait_for(flights, std::move(*seat), contexts[w].get_executor(), wait, out));
                    ++joined;
                }
                contexts[w].poll();
            }
            contexts[w].run();
        });
    }
    while (joined < 2 * rounds * waiters || flights.waiters() != 0) {
        flights.land(key, allowed("gacct_1"));
        std::this_thread::yield();
    }
    busy.clear();
    for (auto& each : threads) each.join();
    for (const auto& each : records) {
        CHECK(each.landed + each.gave_up == 1);
        CHECK(each.thread != main_thread);
    }
}

TEST_CASE("fleet: who comes after a purge joins no flight from before it") {
    core::asio::io_context context{1};
    single_flight flights(100);
    record before;
    record after;
    spawn_waiter(flights, context, core::never, before);
    flights.close_to_newcomers();
    auto seat = flights.join(key);
    REQUIRE(seat);
    CHECK(seat->leads());
    const auto later = seat->id();
    core::spawn(wait_for(flights, std::move(*seat), context.get_executor(), core::never, after));
    flights.land(key, allowed("gacct_1"));
    context.poll();
    CHECK(before.landed == 1);
    CHECK(after.landed == 0);
    flights.land(later, allowed("gacct_2"));
    context.restart();
    context.run();
    CHECK(after.account == "gacct_2");
}
