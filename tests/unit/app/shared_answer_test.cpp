#include <gate/app/shared_answer.hpp>

#include <boost/asio/post.hpp>

#include <algorithm>
#include <catch.hpp>
#include <thread>
#include <vector>

using namespace gate;
using namespace gate::app;
using namespace std::chrono_literals;

namespace {

// Numbers its answers.
struct fixture {
    explicit fixture(core::duration each_takes = 0ms)
        : shared(
              std::make_shared<shared_answer<int>>(context.get_executor(), [this, each_takes](unsigned form) {
                  const auto end = core::clock::now() + each_takes;
                  while (core::clock::now() < end) std::this_thread::yield();
                  return ++made + static_cast<int>(form) * 100;
              })) {}

    void ask(unsigned form = 0) {
        shared->ask(
            [this](int answer) {
                got.push_back(answer);
                return true;
            },
            form);
    }

    core::asio::io_context context{1};
    int made = 0;
    std::vector<int> got;
    std::shared_ptr<shared_answer<int>> shared;
};

}  // namespace

TEST_CASE("all who ask before an answer is made get the same one") {
    fixture one;
    for (int i = 0; i < 3; ++i) one.ask();
    CHECK(one.made == 0);
    one.context.run();
    CHECK(one.got == std::vector{1, 1, 1});
}

TEST_CASE("nobody gets an answer from before the question") {
    fixture one;
    one.ask();
    one.context.run();
    one.context.restart();
    one.ask();
    one.context.run();
    CHECK(one.got == std::vector{1, 2});
}

TEST_CASE("making answers takes a tenth of the time at most") {
    fixture one(20ms);
    one.ask();
    one.context.run();
    one.context.restart();
    one.ask();
    const auto begin = core::clock::now();
    one.context.run_for(40ms);
    CHECK(one.made == 1);  // 180 ms of rest are not over
    one.context.restart();
    one.context.run();
    CHECK(one.made == 2);
    CHECK(core::clock::now() - begin < 10s);
}

TEST_CASE("one answer is for so many and no more, of whom those that have gone do not count") {
    fixture one;
    int gone = 0;
    for (int i = 0; i < 20; ++i) {
        one.ask();
        one.shared->ask([&](int) {
            ++gone;
            return false;
        });
    }
    one.context.run();
    CHECK(one.made == 3);
    CHECK(gone == 20);
    CHECK(std::count(one.got.begin(), one.got.end(), 1) == 8);
    CHECK(std::count(one.got.begin(), one.got.end(), 2) == 8);
    CHECK(std::count(one.got.begin(), one.got.end(), 3) == 4);
}

TEST_CASE("each gets the form of the answer that it asks for, and a form is made once") {
    fixture one;
    for (const unsigned form : {1U, 0U, 1U, 0U}) one.ask(form);
    one.context.run();
    CHECK(one.made == 2);
    CHECK(one.got == std::vector{101, 101, 2, 2});
}

TEST_CASE("who waits when it ends gets no answer") {
    fixture one;
    one.ask();
    one.shared.reset();
    one.context.run();
    CHECK(one.got.empty());
}
