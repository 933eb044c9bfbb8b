// UPSTREAM and FLEET: how what was found is judged.
#include <gate/app/doctor/fleet_section.hpp>
#include <gate/app/doctor/upstream_section.hpp>

#include <algorithm>
#include <catch.hpp>

using namespace gate;
using namespace gate::app::doctor;
using namespace std::chrono_literals;
using namespace std::string_literals;

namespace {

finding of(const findings& all, std::string_view id) {
    const auto found = std::ranges::find(all, id, &finding::id);
    REQUIRE(found != all.end());
    return *found;
}

upstream_facts well() {
    upstream_facts out;
    out.where = {false, "127.0.0.1", 3000, ""};
    out.first_bytes = "HTTP/1.1 404 Not Found\r\n";
    out.is_local = out.is_loopback = true;
    return out;
}

}  // namespace

TEST_CASE("the protocol of an upstream is told by its first bytes") {
    CHECK(protocol_of("") == spoken::nothing);
    CHECK(protocol_of("HTTP/1.0 200 OK\r\n") == spoken::http1);
    CHECK(protocol_of("\x15\x03\x01\x00\x02\x02\x46"s) == spoken::tls);
    CHECK(protocol_of("\x00\x00\x12\x04\x00\x00\x00\x00\x00"s) == spoken::http2);
    CHECK(protocol_of("SSH-2.0-OpenSSH_9.2\r\n") == spoken::other);
    CHECK(protocol_of("-ERR unknown command") == spoken::other);
}

TEST_CASE("an upstream on the loopback that speaks HTTP is well") {
    for (const auto& each : judge_upstream(well())) CHECK(each.is == state::pass);
}

TEST_CASE("an upstream that cannot be used is told by what is wrong with it") {
    auto found = well();
    found.first_bytes.clear();
    CHECK(of(judge_upstream(found), "upstream.answers").is == state::fail);
    found.connect_problem = "Connection refused";
    CHECK(of(judge_upstream(found), "upstream.answers").is == state::fail);
    found = well();
    found.first_bytes = "\x15\x03\x01\x00\x02\x02\x46"s;
    CHECK(of(judge_upstream(found), "upstream.protocol").fix.find("https://") != std::string::npos);
    found.first_bytes.clear();
    found.speaks_tls = true;
    CHECK(of(judge_upstream(found), "upstream.answers").is == state::pass);
    CHECK(of(judge_upstream(found), "upstream.protocol").fix.find("https://") != std::string::npos);
    found = well();
    found.where.tls = true;
    found.first_bytes.clear();
    found.certificate.problem = "certificate has expired";
    CHECK(of(judge_upstream(found), "upstream.certificate").is == state::fail);
    CHECK(of(judge_upstream(found), "upstream.answers").is == state::skipped);
}

TEST_CASE("an upstream that others can reach past the sidecar is found") {
    auto found = well();
    found.open_at = {"192.0.2.2"};
    CHECK(of(judge_upstream(found), "upstream.bypass").is == state::fail);
    CHECK(of(judge_upstream(found), "upstream.bypass").sentence.find("192.0.2.2") != std::string::npos);
    found.open_at = {"192.0.2.2", "192.0.2.3", "192.0.2.4", "192.0.2.5", "192.0.2.6"};
    CHECK(of(judge_upstream(found), "upstream.bypass").sentence.find("192.0.2.5 and 1 other:") !=
          std::string::npos);
    found = well();
    found.is_loopback = false;
    CHECK(of(judge_upstream(found), "upstream.bypass").is == state::warn);
    found.is_local = false;
    CHECK(of(judge_upstream(found), "upstream.bypass").is == state::skipped);
    found.addresses_problem = "Name or service not known";
    CHECK(of(judge_upstream(found), "upstream.bypass").sentence.find("another host") == std::string::npos);
    found.where.socket = "/run/app.sock";
    CHECK(of(judge_upstream(found), "upstream.bypass").is == state::pass);
}

TEST_CASE("an upstream is on the loopback if all of its addresses are") {
    const std::vector<std::string> own{"192.0.2.2"};
    const auto placed = [&](const std::vector<std::string>& known) {
        upstream_facts out;
        place(known, own, out);
        return std::pair(out.is_local, out.is_loopback);
    };
    CHECK(placed({"127.0.0.1", "::1"}) == std::pair(true, true));
    CHECK(placed({"127.0.0.1", "192.0.2.2"}) == std::pair(true, false));
    CHECK(placed({"192.0.2.2"}) == std::pair(true, false));
    CHECK(placed({"192.0.2.3"}) == std::pair(false, false));
    CHECK(placed({}) == std::pair(false, false));
}

TEST_CASE("findings about an upstream with a name carry it") {
    auto found = well();
    found.name = "orders";
    for (const auto& each : judge_upstream(found)) CHECK(each.subject == "orders");
}

TEST_CASE("a listener of our own is no way past us") {
    config::config options;
    options.listener.address = {"0.0.0.0", 8080};
    options.admin.address = {"127.0.0.1", 9901};
    CHECK(is_our_own(options, "192.0.2.2", 8080));
    CHECK_FALSE(is_our_own(options, "192.0.2.2", 9901));
    CHECK(is_our_own(options, "127.0.0.1", 9901));
    CHECK_FALSE(is_our_own(options, "192.0.2.2", 3000));
    CHECK_FALSE(is_our_own(options, "2001:db8::2", 8080));
    options.listener.address = {"::", 8080};
    CHECK(is_our_own(options, "2001:db8::2", 8080));
}

TEST_CASE("the store of a fleet is judged by what it says") {
    fleet_facts found;
    found.read.replicas = 3;
    found.clock_ahead = 100ms;
    found.written = store::trial{.came_back = true, .took = 3ms};
    for (const auto& each : judge_fleet(found, true)) CHECK(each.is == state::pass);

    SECTION("away, or closed to us") {
        for (const auto why : {store::fault::unreachable, store::fault::refused, store::fault::failed}) {
            found.read.failure = why;
            const auto all = judge_fleet(found, true);
            REQUIRE(all.size() == 1);
            CHECK(of(all, "fleet.store").is == state::fail);
        }
    }
    SECTION("another fleet's") {
        found.read.replicas = 0;
        CHECK(of(judge_fleet(found, true), "fleet.seal").is == state::fail);
        CHECK(of(judge_fleet(found, false), "fleet.seal").is == state::skipped);
        found.read = {.replicas = 1};
        CHECK(of(judge_fleet(found, false), "fleet.seal").sentence.starts_with("1 replica "));
        found.read = {.replicas = 2, .unsealed = 1};
        CHECK(of(judge_fleet(found, false), "fleet.seal").is == state::fail);
    }
    SECTION("forgetful") {
        found.written->came_back = false;
        CHECK(of(judge_fleet(found, true), "fleet.events").is == state::fail);
        found.written->failure = store::fault::failed;
        CHECK(of(judge_fleet(found, true), "fleet.events").is == state::fail);
    }
    SECTION("of another time") {
        found.clock_ahead = -2001ms;
        CHECK(of(judge_fleet(found, true), "fleet.clock").is == state::warn);
        found.clock_ahead = 3'600'000ms;
        CHECK(of(judge_fleet(found, true), "fleet.clock").is == state::fail);
    }
}
