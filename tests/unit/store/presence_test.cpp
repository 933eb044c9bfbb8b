#include <gate/store/command_queue.hpp>
#include <gate/store/presence.hpp>

#include <catch.hpp>

namespace {

using namespace gate;
using namespace gate::store;
using std::chrono::microseconds;
using std::chrono::milliseconds;

const core::time_point start = core::time_point() + std::chrono::hours(1);

TEST_CASE("a store is there after a write was acknowledged, and not before") {
    presence store;
    CHECK_FALSE(store.is_there());
    store.succeeded();
    CHECK_FALSE(store.is_there());
    CHECK(store.probe_succeeded());
    CHECK(store.is_there());
    CHECK_FALSE(store.probe_succeeded());  // it was
}

TEST_CASE("three commands in a row that are late or failed, or a lost connection, make it away") {
    presence store;
    store.probe_succeeded();
    CHECK_FALSE(store.failed());
    CHECK_FALSE(store.failed());
    store.succeeded();
    CHECK_FALSE(store.failed());
    CHECK_FALSE(store.failed());
    CHECK(store.is_there());
    CHECK(store.failed());
    CHECK_FALSE(store.is_there());
    CHECK_FALSE(store.failed());  // it is away already
    store.probe_succeeded();
    CHECK_FALSE(store.failed());
    CHECK(store.lost());
    CHECK_FALSE(store.lost());
}

TEST_CASE("a store that is away is probed each second") {
    presence store;
    store.begin_probe(start);
    CHECK(store.next_probe() == start + std::chrono::seconds(1));
}

// Writes down what it is told.
struct told {
    std::vector<std::string> all;
    command_callback as(const std::string& name) {
        return [this, name](const command_outcome& outcome) {
            all.push_back(name + " " + std::string(to_string(outcome.failure)));
        };
    }
};

reply text(std::string value) {
    return {.is = reply::form::text, .text = std::move(value)};
}

void deliver(command_queue& queue, reply value) {
    auto got = queue.answer(std::move(value), microseconds(9));
    REQUIRE(got);
    if (got->then) got->then(got->outcome);
}

TEST_CASE("replies belong to the commands in their order") {
    command_queue queue;
    told of;
    queue.add(start, microseconds(1), of.as("a"));
    queue.add(start, microseconds(2), of.as("b"));
    auto first = queue.answer(text("1"), microseconds(5));
    REQUIRE(first);
    CHECK(first->outcome.sent == microseconds(1));
    CHECK(first->outcome.received == microseconds(5));
    CHECK(first->outcome.value == text("1"));
    deliver(queue, {.is = reply::form::error, .text = "ERR"});
    CHECK(of.all == std::vector<std::string>{"b error"});
    CHECK(queue.empty());
    CHECK_FALSE(queue.answer(text("2"), microseconds(6)));  // to no question (rule 30)
}

TEST_CASE("a command whose time is over still takes its reply, and nobody hears of it") {
    command_queue queue;
    told of;
    queue.add(start + milliseconds(50), microseconds(1), of.as("a"));
    queue.add(start + milliseconds(90), microseconds(2), of.as("b"));
    CHECK(queue.next_deadline() == start + milliseconds(50));
    CHECK(queue.expire(start + milliseconds(49)).empty());
    const auto late = queue.expire(start + milliseconds(50));
    CHECK(late.size() == 1);
    CHECK(queue.expire(start + milliseconds(50)).empty());
    CHECK(queue.next_deadline() == start + milliseconds(90));
    CHECK(queue.silence(microseconds(11)) == microseconds(10));
    deliver(queue, text("of a"));
    CHECK(of.all.empty());
    deliver(queue, text("of b"));
    CHECK(of.all == std::vector<std::string>{"b ok"});
}

TEST_CASE("a queue that is full takes nothing, and one that ends tells all") {
    command_queue queue(2);
    told of;
    CHECK(queue.add(start, microseconds(1), of.as("a")));
    CHECK(queue.add(start, microseconds(1), of.as("b")));
    auto third = of.as("c");
    CHECK_FALSE(queue.add(start, microseconds(1), std::move(third)));
    CHECK(third);
    queue.expire(start);
    queue.answer({}, microseconds(2));
    CHECK(queue.add(start, microseconds(1), of.as("d")));
    CHECK(queue.clear().size() == 1);  // "b" has been told that it was late
    CHECK(queue.empty());
    CHECK(queue.next_deadline() == core::never);
}

}  // namespace
