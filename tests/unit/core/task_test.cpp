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
    timer one(context.get_executor(), std::chrono::milliseconds(1));
    auto [ec] = co_await one.async_wait(use_task);
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

namespace {

task<int> half(int whole) {
    if (whole % 2 == 0) return whole / 2;  // not a coroutine: done at once
    return seven();
}
task<> store_sum(std::string& out) {
    const int first = co_await half(4);
    const int second = co_await half(5);
    const int third = co_await then(half(6), [](int value) { return 10 * value; });
    const int fourth = co_await then(half(7), [](int value) { return 100 * value; });
    out = std::to_string(first + second + third + fourth);
}

}  // namespace

TEST_CASE("a task may be done from the beginning") {
    REQUIRE(half(4).value() != nullptr);
    CHECK(*half(4).value() == 2);
    CHECK(half(5).value() == nullptr);
    CHECK(then(half(6), [](int value) { return 10 * value; }).value() != nullptr);
    std::string out;
    spawn(store_sum(out));
    CHECK(out == "739");
}

TEST_CASE("a task that is never awaited frees its frame") {
    const auto unused = seven();
    SUCCEED();
}
