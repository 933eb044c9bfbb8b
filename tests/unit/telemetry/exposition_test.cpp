#include <gate/telemetry/exposition.hpp>
#include <gate/telemetry/metrics.hpp>

#include <catch.hpp>
#include <limits>

using namespace gate;
using namespace gate::telemetry;
using namespace std::chrono_literals;

namespace {

constexpr trace_id_text some_trace{'4', 'b', 'f', '9', '2', 'f', '3', '5', '7', '7', 'b',
                                   '3', '4', 'd', 'a', '6', 'a', '3', 'c', 'e', '9', '2',
                                   '9', 'd', '0', 'e', '0', 'e', '4', '7', '3', '6'};

metrics_snapshot some_metrics() {
    metrics_snapshot all;
    all.gauge("g", "A \\ back\nslash and \"quotes\".").add({{"kind", "a\"b\\c\nd"}}, -0.25);
    all.counter("c_total", "Counts.").add({}, std::uint64_t{1'000'000});
    all.counter("without_its_suffix", "Odd.").add({}, 1e15);
    histogram_totals times;
    times.buckets[0] = 2;
    times.buckets[15] = 1;
    times.buckets[16] = 1;
    times.nanoseconds = 61'500'000'000;
    const core::wall_clock::time_point at{std::chrono::milliseconds{1'700'000'000'007}};
    all.family(metric_type::histogram, "h_seconds", "Times.")
        .add({{"peer", "gate"}}, times, {{0, some_trace, 125us, at}, {16, some_trace, 61s, at}});
    return all;
}

}  // namespace

TEST_CASE("the OpenMetrics text of a snapshot, byte for byte") {
    CHECK(openmetrics_text(some_metrics()) == R"(# HELP g A \\ back\nslash and \"quotes\".
# TYPE g gauge
g{kind="a\"b\\c\nd"} -0.25
# HELP c Counts.
# TYPE c counter
c_total 1000000
# HELP without_its_suffix Odd.
# TYPE without_its_suffix unknown
without_its_suffix 1e+15
# HELP h_seconds Times.
# TYPE h_seconds histogram
h_seconds_bucket{peer="gate",le="0.0005"} 2 # {trace_id="4bf92f3577b34da6a3ce929d0e0e4736"} 0.000125 1700000000.007
h_seconds_bucket{peer="gate",le="0.001"} 2
h_seconds_bucket{peer="gate",le="0.0025"} 2
h_seconds_bucket{peer="gate",le="0.005"} 2
h_seconds_bucket{peer="gate",le="0.01"} 2
h_seconds_bucket{peer="gate",le="0.025"} 2
h_seconds_bucket{peer="gate",le="0.05"} 2
h_seconds_bucket{peer="gate",le="0.1"} 2
h_seconds_bucket{peer="gate",le="0.25"} 2
h_seconds_bucket{peer="gate",le="0.5"} 2
h_seconds_bucket{peer="gate",le="1.0"} 2
h_seconds_bucket{peer="gate",le="2.5"} 2
h_seconds_bucket{peer="gate",le="5.0"} 2
h_seconds_bucket{peer="gate",le="10.0"} 2
h_seconds_bucket{peer="gate",le="30.0"} 2
h_seconds_bucket{peer="gate",le="60.0"} 3
h_seconds_bucket{peer="gate",le="+Inf"} 4 # {trace_id="4bf92f3577b34da6a3ce929d0e0e4736"} 61 1700000000.007
h_seconds_sum{peer="gate"} 61.5
h_seconds_count{peer="gate"} 4
# EOF
)");
}

TEST_CASE("the Prometheus text has no exemplars, and no end") {
    const auto text = prometheus_text(some_metrics());
    CHECK(text.find("trace_id") == std::string::npos);
    CHECK(text.find("EOF") == std::string::npos);
    CHECK(text.find("# TYPE c_total counter\n") != std::string::npos);
    CHECK(text.find("le=\"60\"} 3\n") != std::string::npos);
}

TEST_CASE("each histogram is shown by the bounds of its own scale") {
    metrics all(2);
    for (unsigned worker : {0u, 1u}) {
        all.worker(worker).count_overhead(30us);
        all.worker(worker).count_token_age(12s);
    }
    const auto text = prometheus_text(all.read());
    for (const auto* line :
         {"gate_overhead_seconds_bucket{le=\"2.5e-05\"} 0", "gate_overhead_seconds_bucket{le=\"5e-05\"} 2",
          "gate_overhead_seconds_bucket{le=\"5\"} 2", "gate_overhead_seconds_sum 6e-05",
          "gate_overhead_seconds_count 2", "gate_token_age_seconds_bucket{le=\"10\"} 0",
          "gate_token_age_seconds_bucket{le=\"20\"} 2", "gate_token_age_seconds_sum 24"}) {
        INFO(line);
        CHECK(text.find("\n" + std::string(line) + "\n") != std::string::npos);
    }
    const auto open = openmetrics_text(all.read());
    CHECK(open.find("\ngate_overhead_seconds_bucket{le=\"1e-05\"} 0\n") != std::string::npos);
    CHECK(open.find("\ngate_token_age_seconds_bucket{le=\"20.0\"} 2\n") != std::string::npos);
}

TEST_CASE("a sampled request is shown with its trace and the time of day at which it ended") {
    metrics all(1);
    const std::string id(32, 'a');
    const auto before = core::wall_clock::now();
    all.worker(0).count_request(method::get, 200, 700us, {}, {id, core::clock::now()});
    const auto snapshot = all.read();
    const auto after = core::wall_clock::now();
    const auto& family = snapshot.families().at(1);
    REQUIRE(family.name == "http_server_request_duration_seconds");
    const auto& shown = family.samples.at(0).exemplars;
    REQUIRE(shown.size() == 1);
    CHECK(shown[0].bucket == 1);
    CHECK(std::string(shown[0].trace_id.data(), shown[0].trace_id.size()) == id);
    // The two clocks are read one after the other.
    CHECK(shown[0].at > before - 1s);
    CHECK(shown[0].at < after + 1s);
    const auto text = openmetrics_text(snapshot);
    CHECK(text.find("le=\"0.001\"} 1 # {trace_id=\"" + id + "\"} 7e-04 ") != std::string::npos);
}
