// Three workers, each with a thread and a listener of its own.
#include "any_port.hpp"
#include "worker_surroundings.hpp"

#include <gate/app/worker_group.hpp>
#include <gate/core/task.hpp>

#include <boost/asio/executor_work_guard.hpp>

#include <array>
#include <atomic>
#include <thread>

using namespace gate;
using namespace std::chrono_literals;
using test::get;
using test::wire;

namespace {

constexpr unsigned count = 3;

class fixture : public test::worker_surroundings {
public:
    fixture() : worker_surroundings(100, count), common(parts()) {
        subject.make(count, common, settings(config::auth_mode::optional));
        std::vector<app::worker_sockets> at;
        for (auto& each : where) at.push_back(test::listen_on_any_port(each));
        subject.listen(0, std::move(at));
        subject.start();
    }
    ~fixture() {
        subject.cut();
        const auto end = core::clock::now() + 10s;
        while (subject.count_sessions() != 0 && core::clock::now() < end) std::this_thread::yield();
        subject.stop();
    }
    fixture(const fixture&) = delete;
    fixture& operator=(const fixture&) = delete;

    // A client of each worker, whose first request has been answered.
    std::vector<wire> serve_one_each() {
        std::vector<wire> out;
        for (const auto& each : where) {
            out.push_back(connect(each));
            serve_one(out.back());
        }
        return out;
    }
    // Runs the control thread's part until `flag` is set.
    void run_until(const bool& flag) {
        const auto end = core::clock::now() + 10s;
        auto busy = boost::asio::make_work_guard(control);
        while (!flag && core::clock::now() < end) control.run_one_for(100ms);
        REQUIRE(flag);
    }

    core::asio::io_context control{1};
    const app::shared_parts common;
    app::worker_group subject{control};
    std::array<core::tcp::endpoint, count> where;
};

core::task<> follow(app::worker_group& group, app::worker_group::action act, bool& is_over) {
    auto all = group.on_all(std::move(act));
    co_await std::move(all);
    is_over = true;
}

}  // namespace

TEST_CASE("each worker of a group serves the sockets that it was given") {
    fixture f;
    const auto clients = f.serve_one_each();
    CHECK(f.subject.count_sessions() == count);
}

TEST_CASE("a group that is asked answers on the control thread, once every worker has") {
    fixture f;
    bool answered = false;
    std::thread::id by;
    f.subject.ask_all([&] {
        CHECK_FALSE(answered);
        answered = true;
        by = std::this_thread::get_id();
    });
    CHECK_FALSE(answered);
    f.run_until(answered);
    CHECK(by == std::this_thread::get_id());
}

TEST_CASE("what is done at all workers ends once every worker has done it") {
    fixture f;
    std::atomic<bool> hangs = true;
    std::atomic<unsigned> answered = 0;
    bool is_over = false;
    const auto act = [&, number = 0U](app::worker& each, std::function<void()> done) mutable {
        each.answer([&, done = std::move(done), is_first = number++ == 0] {
            while (is_first && hangs) std::this_thread::yield();
            ++answered;
            done();
        });
    };
    core::spawn(follow(f.subject, act, is_over));
    const auto end = core::clock::now() + 10s;
    while (answered != count - 1 && core::clock::now() < end) std::this_thread::yield();
    f.control.run_for(10ms);
    CHECK(answered == count - 1);
    CHECK_FALSE(is_over);
    hangs = false;
    f.run_until(is_over);
    CHECK(answered == count);
}

TEST_CASE("a group that drains ends what is idle at every worker") {
    fixture f;
    auto clients = f.serve_one_each();
    f.subject.drain();
    for (auto& each : clients) CHECK(each.is_over());
}
