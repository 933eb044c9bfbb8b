#include <gate/app/log_levels.hpp>
#include <gate/telemetry/log_output.hpp>

#include <catch.hpp>

using namespace gate;
using namespace std::chrono_literals;
using core::log_level;
using subject = telemetry::log_focus::subject;

namespace {

struct fixture {
    template <class Condition>
    void run_until(Condition done) {
        const auto end = core::clock::now() + 60s;
        while (!done()) {
            REQUIRE(core::clock::now() < end);
            context.restart();
            context.run_for(2ms);
        }
    }

    core::asio::io_context context{1};
    telemetry::log_output output;
    telemetry::event_log events{output, {log_level::error, core::log_format::json}};
    app::log_levels levels{context.get_executor(), events, log_level::error};
};

}  // namespace

TEST_CASE_METHOD(fixture, "a level without a time holds until log.level changes, and the last word wins") {
    levels.take({.level = log_level::debug});
    CHECK(events.lowest_level() == log_level::debug);
    levels.take({.level = log_level::warn});
    CHECK(events.lowest_level() == log_level::warn);
    levels.configure(log_level::error);  // as before
    CHECK(events.lowest_level() == log_level::warn);
    levels.configure(log_level::info);
    CHECK(events.lowest_level() == log_level::info);
    CHECK_FALSE(levels.said());
}

TEST_CASE_METHOD(fixture, "a level with a time ends by itself, and not by a reload") {
    levels.take({.level = log_level::debug, .time = 100ms});
    levels.configure(log_level::warn);
    CHECK(events.lowest_level() == log_level::debug);
    CHECK(levels.until() > core::wall_clock::now() - 1min);
    run_until([&] { return !levels.said(); });
    CHECK(events.lowest_level() == log_level::warn);
}

TEST_CASE_METHOD(fixture, "the end of an earlier time does not end what was said later") {
    levels.take({.level = log_level::debug, .time = 1ms});
    levels.take({.level = log_level::warn, .time = 1h});
    context.restart();
    context.run_for(20ms);
    CHECK(events.lowest_level() == log_level::warn);
    levels.take({.level = log_level::debug, .time = 1ms});
    levels.take({.level = log_level::info});
    context.restart();
    context.run_for(20ms);
    CHECK(events.lowest_level() == log_level::info);
}

TEST_CASE_METHOD(fixture, "one account or token is watched, and the level of all others stays") {
    levels.take({.level = log_level::debug, .subject = subject::account, .of = "gacct_1", .time = 100ms});
    CHECK(events.lowest_level() == log_level::error);
    CHECK(events.focus().covers("gacct_1", "0123456789ab"));
    CHECK_FALSE(events.focus().covers("gacct_2", "gacct_1"));
    CHECK_FALSE(events.focus().covers("", ""));
    levels.configure(log_level::warn);
    CHECK(events.lowest_level() == log_level::warn);
    CHECK(events.focus().is_set());

    levels.take({.level = log_level::info, .subject = subject::token_fingerprint, .of = "0123456789ab"});
    CHECK(events.focus().covers("gacct_2", "0123456789ab"));
    CHECK_FALSE(events.focus().covers("gacct_1", "0123456789ac"));

    levels.take({.level = log_level::debug});
    CHECK_FALSE(events.focus().is_set());
    CHECK_FALSE(events.focus().covers("gacct_2", "0123456789ab"));
}
