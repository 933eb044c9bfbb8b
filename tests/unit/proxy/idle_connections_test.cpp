#include <gate/proxy/idle_connections.hpp>

#include <catch.hpp>
#include <vector>

using namespace gate;
using namespace gate::proxy;
using namespace std::chrono_literals;

namespace {

struct connection final : idle_connection {};

constexpr core::time_point start{100s};

// Leaves nobody in `all`.
std::vector<idle_connection*> order_of(idle_connections& all) {
    std::vector<idle_connection*> out;
    while (auto* one = all.first()) {
        out.push_back(one);
        all.remove(*one);
    }
    return out;
}

}  // namespace

TEST_CASE("strangers go before those that have shown a token, and the longest idle first") {
    idle_connections all;
    connection known_old, known_new, stranger_old, stranger_new;
    known_old.set_trusted();
    known_new.set_trusted();
    all.add(known_old, start);
    all.add(stranger_old, start + 1s);
    all.add(known_new, start + 2s);
    all.add(stranger_new, start + 3s);
    CHECK(all.oldest_stranger() == start + 1s);
    CHECK(all.oldest_known() == start);
    CHECK(all.next_after(stranger_old) == &stranger_new);
    CHECK(all.next_after(stranger_new) == nullptr);
    CHECK(order_of(all) ==
          std::vector<idle_connection*>{&stranger_old, &stranger_new, &known_old, &known_new});
}

TEST_CASE("a connection that is idle already does not become younger") {
    idle_connections all;
    connection first, second;
    all.add(first, start);
    all.add(second, start + 1s);
    all.add(first, start + 2s);
    CHECK(all.oldest_stranger() == start);
    CHECK(order_of(all) == std::vector<idle_connection*>{&first, &second});
}

TEST_CASE("a connection that was busy in between goes to the end") {
    idle_connections all;
    connection first, second;
    all.add(first, start);
    all.add(second, start + 1s);
    all.remove(first);
    CHECK_FALSE(first.is_idle());
    CHECK(all.oldest_stranger() == start + 1s);
    all.add(first, start + 2s);
    CHECK(order_of(all) == std::vector<idle_connection*>{&second, &first});
}

TEST_CASE("with nobody idle there is nobody to go") {
    idle_connections all;
    connection one;
    all.remove(one);
    CHECK(all.first() == nullptr);
    CHECK(all.oldest_stranger() == core::never);
    CHECK(all.oldest_known() == core::never);
    all.add(one, start);
    all.remove(one);
    CHECK(all.first() == nullptr);
    CHECK(all.oldest_stranger() == core::never);
}

TEST_CASE("a stranger that shows a token is one of the others from then on") {
    idle_connections all;
    connection other, agent;
    all.add(agent, start);
    all.add(other, start + 1s);
    all.remove(agent);
    agent.set_trusted();
    all.add(agent, start + 2s);
    CHECK(all.oldest_known() == start + 2s);
    CHECK(order_of(all) == std::vector<idle_connection*>{&other, &agent});
}
