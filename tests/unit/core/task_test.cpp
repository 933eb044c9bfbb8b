#include <gate/core/asio.hpp>
#include <gate/core/task.hpp>

#include <boost/asio/steady_timer.hpp>

#include <catch.hpp>
#include <stdexcept>
#include <string>

using namespace gate::core;

namespace {

task<int> seven() {
    co_return 7;
}
task<std::string> twice(task<int> inner) {
    co_return std::to_string(2 * co_await std::move(inner));
}
task<> fail() {
    throw std::runtime_error("boom");
    co_return;
}

task<> store(task<std::string> inner, std::string& out) {
    out = co_await std::move(inner);
}

task<> store_failure(std::string& out) {
    try {
        co_await fail();
    } catch (const std::runtime_error& error) {
        out = error.what();
    }
}

task<> wait_for_timer(asio::io_context& context, bool& fired) {
    asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>,
                               executor>
        timer(context.get_executor(), std::chrono::milliseconds(1));
    auto [ec] = co_await timer.async_wait(use_task);
    fired = !ec;
}

}  // namespace

TEST_CASE("a task runs when it is awaited, and hands its value on") {
    std::string out;
    spawn(store(twice(seven()), out));
    CHECK(out == "14");
}

TEST_CASE("an exception travels to the one who awaits") {
    std::string out;
    spawn(store_failure(out));
    CHECK(out == "boom");
}

TEST_CASE("a task awaits an asynchronous operation of Asio") {
    asio::io_context context{1};
    bool fired = false;
    spawn(wait_for_timer(context, fired));
    CHECK_FALSE(fired);
    context.run();
    CHECK(fired);
}

TEST_CASE("a task that is never awaited frees its frame") {
    const auto unused = seven();
    SUCCEED();
}
