// A cluster of two nodes: the fleet follows the slot of its keys.
#include "replica.hpp"
#include "surveying.hpp"

#include <gate/store/connection.hpp>

#include <catch.hpp>

namespace {

using namespace gate;
using namespace gate::test;
using kind = auth::fleet_turn::kind;

struct cluster {
    std::uint16_t bus = free_port();
    redis_server holder{with_bus(bus), free_port()};  // of all slots
    redis_server other{with_bus(free_port()), free_port()};
    std::string slot;
    std::string holder_id;
    std::string other_id;

    cluster() {
        holder({"CLUSTER", "ADDSLOTSRANGE", "0", "16383"});
        other({"CLUSTER", "MEET", "127.0.0.1", std::to_string(holder.port()), std::to_string(bus)});
        slot = std::to_string(holder({"CLUSTER", "KEYSLOT", fleet_keys_of_test().key(":ev")}).number);
        holder_id = holder({"CLUSTER", "MYID"}).text;
        other_id = other({"CLUSTER", "MYID"}).text;
    }

    static std::vector<std::string> with_bus(std::uint16_t port) {
        return {"--cluster-enabled", "yes", "--cluster-port", std::to_string(port)};
    }

    // Its first node does not hold the slot.
    store::fleet_log_options options() const {
        return options_for("redis+cluster://127.0.0.1:" + std::to_string(other.port()));
    }

    bool is_ready() {
        const auto knows_both = [](redis_server& node) {
            const auto info = node({"CLUSTER", "INFO"}).text;
            return info.find("cluster_state:ok") != std::string::npos &&
                   info.find("cluster_known_nodes:2") != std::string::npos;
        };
        return knows_both(holder) && knows_both(other);
    }

    void begin_to_move() {
        REQUIRE_FALSE(other({"CLUSTER", "SETSLOT", slot, "IMPORTING", holder_id}).is_error());
        REQUIRE_FALSE(holder({"CLUSTER", "SETSLOT", slot, "MIGRATING", other_id}).is_error());
    }
    bool move(const std::string& key) {
        return !holder({"MIGRATE", "127.0.0.1", std::to_string(other.port()), key, "0", "5000"}).is_error();
    }
    void move_rest() {
        for (;;) {
            const auto left = holder({"CLUSTER", "GETKEYSINSLOT", slot, "100"});
            if (left.items.empty()) return;
            for (const auto& each : left.items) REQUIRE(move(each.text));
        }
    }
    void end_move() {
        REQUIRE_FALSE(other({"CLUSTER", "SETSLOT", slot, "NODE", other_id}).is_error());
        REQUIRE_FALSE(holder({"CLUSTER", "SETSLOT", slot, "NODE", other_id}).is_error());
    }
    // How often the node has answered with that code.
    long said(redis_server& node, const std::string& code) {
        const auto all = node({"INFO", "errorstats"}).text;
        const auto name = "errorstat_" + code + ":count=";
        const auto at = all.find(name);
        return at == std::string::npos ? 0 : std::stol(all.substr(at + name.size()));
    }
};

TEST_CASE("the fleet follows its slot through a cluster") {
    if (!has_redis_server()) return;
    cluster there;
    replica a(there.options());
    a.until([&] { return there.is_ready(); });
    // A newcomer that begins at the wrong node follows immediately: it has a second before it is ready.
    const auto begun = core::clock::now();
    replica b(there.options());
    b.until_there();
    CHECK(core::clock::now() - begun < store::connection::patience);
    exercise(a, b);
    survey_hears(there.options());
    CHECK(there.holder({"EXISTS", fleet_keys_of_test().key(":ev")}).number == 1);

    // The slot moves, and nothing in it with it.
    there.holder({"FLUSHALL"});
    REQUIRE_FALSE(there.other({"CLUSTER", "SETSLOT", there.slot, "NODE", there.other_id}).is_error());
    a.until([&] {
        there.holder({"FLUSHALL"});
        return !there.holder({"CLUSTER", "SETSLOT", there.slot, "NODE", there.other_id}).is_error();
    });
    a.until([&] { return a.begin(token_named("moved to a")).step == kind::go; });
    b.until([&] { return b.begin(token_named("moved to b")).step == kind::go; });
    CHECK(there.other({"EXISTS", fleet_keys_of_test().key(":n")}).number == 1);
    exercise(a, b);
}

TEST_CASE("a slot that is being moved leaves to the fleet what has all its keys in one place") {
    if (!has_redis_server()) return;
    cluster there;
    replica a(there.options());
    a.until([&] { return there.is_ready(); });
    replica b(there.options());
    exercise(a, b);
    const auto known = token_named("known");  // the set of them must not be empty
    a.finish(a.begin(known));
    b.until([&] { return has_heard(b, auth::fleet_kind::verdict, known); });
    there.begin_to_move();

    // A lock that is not there yet would belong to the other node.
    for (int i = 0; i < 5; ++i) CHECK(a.begin(token_named("new")).step == kind::away);
    CHECK(there.said(there.holder, "TRYAGAIN") >= 5);
    CHECK(a.log.stats().is_connected);
    const auto revoked = token_named("revoked on the way");
    REQUIRE(a.publish(revocation_of(revoked)));
    b.until([&] { return has_heard(b, auth::fleet_kind::revocation, revoked); });
}

TEST_CASE("the fleet arrives with its keys, and tells what it could not tell on the way") {
    if (!has_redis_server()) return;
    cluster there;
    replica a(there.options());
    a.until([&] { return there.is_ready(); });
    replica b(there.options());
    exercise(a, b);
    const auto heard = b.listener.messages().size();
    there.begin_to_move();
    REQUIRE(there.move(fleet_keys_of_test().key(":ev")));
    const auto pending = token_named("pending");
    CHECK_FALSE(a.publish(revocation_of(pending)));
    const auto asked = there.said(there.holder, "ASK");
    a.until([&] { return there.said(there.holder, "ASK") > asked; });  // by readers
    CHECK(b.listener.messages().size() == heard);
    there.move_rest();
    there.end_move();
    b.until([&] { return has_heard(b, auth::fleet_kind::revocation, pending); });
    a.until_there();
    exercise(a, b);
    CHECK(there.other({"EXISTS", fleet_keys_of_test().key(":ev")}).number == 1);
}

}  // namespace
