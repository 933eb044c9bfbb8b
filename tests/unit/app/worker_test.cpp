// A worker as it is: its thread, its listener, its pool.
#include "any_port.hpp"
#include "worker_surroundings.hpp"

#include <future>
#include <thread>

using namespace gate;
using namespace std::chrono_literals;
using test::get;
using test::wire;

namespace {

class fixture : public test::worker_surroundings {
public:
    explicit fixture(std::size_t connections = 100) : worker_surroundings(connections) {
        subject = std::make_unique<app::worker>(parts(), settings(config::auth_mode::optional), 0U);
        subject->listen(0, test::listen_on_any_port(where));
        subject->start();
    }
    ~fixture() {
        subject->cut();
        const auto end = core::clock::now() + 10s;  // what was refused may still be read
        while (subject->sessions() != 0 && core::clock::now() < end) std::this_thread::yield();
        subject->stop();
    }
    fixture(const fixture&) = delete;
    fixture& operator=(const fixture&) = delete;

    wire connect() { return worker_surroundings::connect(where); }
    void wait_for_sessions(std::size_t count) const {
        const auto end = core::clock::now() + 10s;
        while (subject->sessions() != count && core::clock::now() < end) std::this_thread::yield();
        REQUIRE(subject->sessions() == count);
    }

    core::tcp::endpoint where;
    std::unique_ptr<app::worker> subject;
};

}  // namespace

TEST_CASE("a worker serves the connections of its listener") {
    fixture f;
    auto first = f.connect();
    auto second = f.connect();
    f.serve_one(second);
    f.serve_one(first);
    f.serve_one(second);
    CHECK(f.subject->sessions() == 2);
}

TEST_CASE("requests begin with a new configuration once a worker has taken it over") {
    fixture f;
    auto client = f.connect();
    f.serve_one(client);
    std::promise<void> taken;
    f.subject->configure(f.settings(config::auth_mode::required), [&] { taken.set_value(); });
    REQUIRE(taken.get_future().wait_for(10s) == std::future_status::ready);
    client.send(get);
    CHECK(client.head().starts_with("HTTP/1.1 401 "));
}

TEST_CASE("rule 27: in a full house an idle connection goes for a newcomer") {
    fixture f(1);
    auto first = f.connect();
    f.serve_one(first);
    auto second = f.connect();
    f.serve_one(second);
    CHECK(first.is_over());
    CHECK(f.subject->sessions() == 1);
}

TEST_CASE("a house that is full of busy connections refuses a newcomer, who can read why") {
    fixture f(1);
    auto first = f.connect();
    first.send(get);
    auto up = f.accept();
    CHECK(up.head().starts_with("GET / "));
    auto second = f.connect();
    const auto refused = second.head();
    CHECK(refused.starts_with("HTTP/1.1 503 "));
    CHECK(refused.find("Connection: close\r\n") != std::string::npos);
    up.send("HTTP/1.1 204 No Content\r\n\r\n");
    CHECK(first.head().starts_with("HTTP/1.1 204 "));
}

TEST_CASE("a worker that drains ends what is idle, and lets what runs end first") {
    fixture f;
    auto idle = f.connect();
    f.serve_one(idle);
    auto busy = f.connect();
    busy.send(get);
    auto up = f.accept();
    CHECK(up.head().starts_with("GET / "));
    f.subject->drain();
    CHECK(idle.is_over());
    up.send("HTTP/1.1 204 No Content\r\n\r\n");
    CHECK(busy.head().find("Connection: close\r\n") != std::string::npos);
    CHECK(busy.is_over());
    f.wait_for_sessions(0);
}

TEST_CASE("a worker that is cut ends everything") {
    fixture f;
    auto idle = f.connect();
    f.serve_one(idle);
    auto busy = f.connect();
    busy.send(get);
    auto up = f.accept();
    CHECK(up.head().starts_with("GET / "));
    f.subject->cut();
    CHECK(idle.is_over());
    CHECK(busy.is_over());
    f.wait_for_sessions(0);
}

TEST_CASE("rule 29: a worker says when nothing runs any more for what was withdrawn") {
    fixture f;
    auto client = f.connect();
    f.serve_one(client);
    f.tokens.facts.purge({}, core::clock::now());
    std::promise<void> over;
    f.subject->end_withdrawn([&] { over.set_value(); });
    CHECK(over.get_future().wait_for(10s) == std::future_status::ready);
}
