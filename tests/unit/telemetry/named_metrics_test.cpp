#include <gate/telemetry/exposition.hpp>
#include <gate/telemetry/metrics.hpp>

#include <algorithm>
#include <atomic>
#include <catch.hpp>
#include <string>
#include <thread>

using namespace gate;
using namespace gate::telemetry;
using namespace std::chrono_literals;

namespace {

using core::reason;

// The lines of a family, without those of its buckets.
std::vector<std::string> series_of(const metrics& all, const std::string& family) {
    const auto text = prometheus_text(all.read());
    std::vector<std::string> lines;
    for (std::size_t begin = 0; begin < text.size();) {
        const auto end = text.find('\n', begin);
        const auto line = text.substr(begin, end - begin);
        if (line.starts_with(family) && line.find("le=") == std::string::npos) lines.push_back(line);
        begin = end + 1;
    }
    return lines;
}

bool has(const std::vector<std::string>& lines, const std::string& line) {
    return std::find(lines.begin(), lines.end(), line) != lines.end();
}

}  // namespace

TEST_CASE("a name keeps its index, and no name has none") {
    name_registry names;
    CHECK(names.index_of("") == unnamed);
    const auto hooks = names.index_of("hooks");
    const auto admin = names.index_of("admin");
    CHECK(hooks != admin);
    CHECK(names.index_of("hooks") == hooks);
    CHECK(names.name_of(admin) == "admin");
    CHECK(names.name_of(unnamed).empty());
    CHECK(names.name_of(200).empty());
}

TEST_CASE("names that do not fit share _OTHER, and so does who is called so") {
    name_registry names;
    CHECK(names.index_of("_OTHER") == name_registry::other);
    for (int i = 0; i < name_registry::capacity; ++i)
        REQUIRE(names.index_of("name-" + std::to_string(i)) == i + 1);
    CHECK(names.index_of("one more") == name_registry::other);
    CHECK(names.index_of("name-0") == 1);
    CHECK(names.index_of("name-199") == name_registry::capacity);
    CHECK(names.name_of(name_registry::other) == "_OTHER");
}

TEST_CASE("requests of a route with a name have series of their own") {
    metrics all(2);
    const auto hooks = all.names.routes.index_of("hooks");
    for (unsigned worker : {0u, 1u}) {
        all.worker(worker).count_decision(reason::public_path, {.route = hooks});
        all.worker(worker).count_decision(reason::token_verified);
        all.worker(worker).count_request(method::post, 200, 1ms, {.route = hooks});
    }
    const auto decisions = series_of(all, "gate_decisions_total");
    CHECK(has(decisions, R"(gate_decisions_total{verdict="allow",reason="public_path",route="hooks"} 2)"));
    CHECK(has(decisions, R"(gate_decisions_total{verdict="allow",reason="public_path"} 0)"));
    CHECK(has(decisions, R"(gate_decisions_total{verdict="allow",reason="token_verified"} 2)"));
    const std::string labels = R"(http_request_method="POST",http_response_status_code="200",route="hooks")";
    CHECK(series_of(all, "http_server_request_duration_seconds") ==
          std::vector<std::string>{"http_server_request_duration_seconds_sum{" + labels + "} 0.002",
                                   "http_server_request_duration_seconds_count{" + labels + "} 2"});
}

TEST_CASE("a route with a name shows the reasons that have occurred alone") {
    metrics all(1);
    const auto without = series_of(all, "gate_decisions_total").size();
    all.worker(0).count_decision(reason::token_missing, {.route = all.names.routes.index_of("hooks")});
    CHECK(series_of(all, "gate_decisions_total").size() == without + 1);
}

TEST_CASE("listeners are told apart by their names") {
    const std::vector<std::string> names{"public", "local", "answer"};
    metrics all(1, {{"public"}, {"local"}, {"answer"}});
    for (std::uint8_t listener = 0; listener < names.size(); ++listener) {
        all.worker(0).count_decision(reason::token_verified, {.listener = listener});
        all.worker(0).count_request(method::get, 200, 1ms, {.listener = listener});
    }
    const auto decisions = series_of(all, "gate_decisions_total");
    for (const auto& name : names) {
        const auto label = ",listener=\"" + name + "\"";
        CHECK(has(decisions,
                  R"(gate_decisions_total{verdict="allow",reason="token_verified")" + label + "} 1"));
        CHECK(
            has(decisions, R"(gate_decisions_total{verdict="deny",reason="token_missing")" + label + "} 0"));
    }
    CHECK(series_of(all, "http_server_request_duration_seconds_count").size() == names.size());
}

TEST_CASE("handshakes are shown for the listeners that have TLS") {
    using telemetry::handshake_outcome;
    metrics all(2, {{"local"}, {"public", true}});
    all.worker(0).count_handshake(1, handshake_outcome::ok, 1ms);
    all.worker(1).count_handshake(1, handshake_outcome::ok, 1ms);
    all.worker(1).count_handshake(1, handshake_outcome::timeout, 2s);
    CHECK(series_of(all, "tls_handshakes_total") ==
          std::vector<std::string>{R"(tls_handshakes_total{listener="public",result="ok"} 2)",
                                   R"(tls_handshakes_total{listener="public",result="timeout"} 1)",
                                   R"(tls_handshakes_total{listener="public",result="refused"} 0)",
                                   R"(tls_handshakes_total{listener="public",result="error"} 0)"});
    CHECK(series_of(all, "tls_handshake_duration_seconds_count") ==
          std::vector<std::string>{R"(tls_handshake_duration_seconds_count{listener="public"} 2)"});
    metrics without(1);
    CHECK(series_of(without, "tls_handshakes_total").empty());
}

TEST_CASE("handshakes are shown for the operating listeners that have TLS, too") {
    using telemetry::handshake_outcome;
    metrics all(1, {{"proxy"}}, {"status"});
    all.handshakes_of("status").count(handshake_outcome::ok, 1ms);
    all.handshakes_of("status").count(handshake_outcome::error, 1ms);
    CHECK(series_of(all, "tls_handshakes_total") ==
          std::vector<std::string>{R"(tls_handshakes_total{listener="status",result="ok"} 1)",
                                   R"(tls_handshakes_total{listener="status",result="timeout"} 0)",
                                   R"(tls_handshakes_total{listener="status",result="refused"} 0)",
                                   R"(tls_handshakes_total{listener="status",result="error"} 1)"});
    CHECK(series_of(all, "tls_handshake_duration_seconds_count") ==
          std::vector<std::string>{R"(tls_handshake_duration_seconds_count{listener="status"} 1)"});
    CHECK_THROWS_AS(all.handshakes_of("admin"), std::out_of_range);
}

TEST_CASE("PROXY headers are shown for the listeners that expect them, or have done so") {
    using telemetry::proxy_header_outcome;
    metrics all(2, {{"local"}, {"public", false, true}, {"answer"}});
    all.worker(0).count_proxy_header(1, proxy_header_outcome::ok);
    all.worker(1).count_proxy_header(1, proxy_header_outcome::ok);
    all.worker(1).count_proxy_header(1, proxy_header_outcome::untrusted);
    const std::vector<std::string> of_public{
        R"(proxy_headers_total{listener="public",result="ok"} 2)",
        R"(proxy_headers_total{listener="public",result="timeout"} 0)",
        R"(proxy_headers_total{listener="public",result="refused"} 0)",
        R"(proxy_headers_total{listener="public",result="error"} 0)",
        R"(proxy_headers_total{listener="public",result="untrusted"} 1)"};
    CHECK(series_of(all, "proxy_headers_total") == of_public);
    all.worker(0).count_proxy_header(0, proxy_header_outcome::error);
    CHECK(series_of(all, "proxy_headers_total").size() == 2 * of_public.size());
    metrics without(1);
    CHECK(series_of(without, "proxy_headers_total").empty());
}

TEST_CASE("one listener has a label unless it is named proxy") {
    const auto [name, label] = GENERATE(table<std::string, std::string>({
        {"proxy", ""},
        {"public", R"(,listener="public")"},
    }));
    metrics all(1, {{name}});
    all.worker(0).count_decision(reason::token_verified);
    CHECK(has(series_of(all, "gate_decisions_total"),
              R"(gate_decisions_total{verdict="allow",reason="token_verified")" + label + "} 1"));
}

TEST_CASE("upstreams with a name have series of their own") {
    metrics all(2);
    const auto orders = all.names.upstreams.index_of("orders");
    all.worker(0).upstreams.at(orders).connections_in(connection_state::active).add(2);
    all.worker(1).upstreams.at(orders).connections_in(connection_state::active).add(3);
    all.worker(1).upstreams.at(unnamed).connections_in(connection_state::active).add(1);
    all.worker(0).count_upstream_request(orders, 1ms);
    CHECK(series_of(all, "upstream_connections") ==
          std::vector<std::string>{R"(upstream_connections{state="idle"} 0)",
                                   R"(upstream_connections{state="active"} 1)",
                                   R"(upstream_connections{state="idle",upstream="orders"} 0)",
                                   R"(upstream_connections{state="active",upstream="orders"} 5)"});
    const auto durations = series_of(all, "http_client_request_duration_seconds_count");
    CHECK(durations ==
          std::vector<std::string>{
              R"(http_client_request_duration_seconds_count{peer="upstream"} 0)",
              R"(http_client_request_duration_seconds_count{peer="upstream",upstream="orders"} 1)",
              R"(http_client_request_duration_seconds_count{peer="gate"} 0)"});
}

TEST_CASE("a route with a name keeps fewer pairs apart, and counts the rest in an overflow of its own") {
    metrics all(1);
    const auto hooks = all.names.routes.index_of("hooks");
    for (unsigned status = 100; status < 200; ++status)
        all.worker(0).count_request(method::get, status, 1ms, {.route = hooks});
    const auto counts = series_of(all, "http_server_request_duration_seconds_count");
    CHECK(counts.size() == route_metrics::pairs_of_a_name);
    CHECK(has(counts,
              "http_server_request_duration_seconds_count{http_request_method=\"_OTHER\","
              "http_response_status_code=\"_OTHER\",route=\"hooks\"} " +
                  std::to_string(100 - route_metrics::pairs_of_a_name + 1)));
}

TEST_CASE("names occur while others scrape") {
    metrics all(1);
    std::atomic<bool> works{true};
    std::thread worker([&] {
        for (int round = 0; round < 20; ++round) {
            for (int i = 0; i <= name_registry::capacity; ++i) {
                const auto name = all.names.routes.index_of("route-" + std::to_string(i));
                all.worker(0).count_decision(reason::token_verified, {.route = name});
                all.worker(0).count_request(method::get, 200u + static_cast<unsigned>(round), 1ms,
                                            {.route = name});
            }
        }
        works = false;
    });
    while (works) (void)all.read();
    worker.join();
    const auto decisions = series_of(all, "gate_decisions_total");
    CHECK(
        has(decisions, R"(gate_decisions_total{verdict="allow",reason="token_verified",route="_OTHER"} 20)"));
    CHECK(has(decisions,
              R"(gate_decisions_total{verdict="allow",reason="token_verified",route="route-7"} 20)"));
}
