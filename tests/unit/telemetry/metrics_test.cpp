#include "support.hpp"

#include <gate/core/clock.hpp>
#include <gate/telemetry/build_info.hpp>
#include <gate/telemetry/exposition.hpp>
#include <gate/telemetry/metrics.hpp>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <set>
#include <stdexcept>
#include <thread>

#include <sys/wait.h>

using namespace gate;
using namespace gate::telemetry;
using namespace std::chrono_literals;

namespace {

// Whether the text has exactly this line.
bool has_line(const std::string& text, const std::string& line) {
    return ('\n' + text).find('\n' + line + '\n') != std::string::npos;
}

double value_of(const std::string& text, const std::string& series) {
    const auto at = ('\n' + text).find('\n' + series + ' ');
    INFO(series);
    REQUIRE(at != std::string::npos);
    return std::stod(text.substr(at + series.size() + 1));
}

// Runs `promtool check metrics` (Debian: prometheus) over the text: what it prints, and its exit status.
std::pair<std::string, int> check_with_promtool(const std::string& text) {
    char path[] = "/tmp/gate-metrics-XXXXXX";
    const int fd = ::mkstemp(path);
    REQUIRE(fd >= 0);
    REQUIRE(::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
    ::close(fd);
    auto* const promtool = ::popen(("promtool check metrics <" + std::string(path) + " 2>&1").c_str(), "r");
    REQUIRE(promtool != nullptr);
    std::string said;
    for (int c = 0; (c = std::fgetc(promtool)) != EOF;) said += static_cast<char>(c);
    const int status = ::pclose(promtool);
    ::unlink(path);
    return {said, WEXITSTATUS(status)};
}

void exercise(worker_metrics& slot) {
    slot.active_requests.add();
    slot.headers_stripped.add(2);
    slot.retries.add();
    slot.received_bytes.add(100);
    slot.sent_bytes.add(200);
    slot.count_decision(core::reason::token_verified);
    slot.count_decision(core::reason::gate_timeout);
    slot.count_failure(core::reason::upstream_timeout);
    slot.count_failure(core::reason::token_revoked);
    slot.count_lookup(cache_result::coalesced);
    slot.count_request(method::get, 200, 700us);
    slot.count_request(method::other, 405, 10us);
    slot.count_gate_request(50ms);
    slot.upstreams.at(unnamed).connections_in(connection_state::idle).add(3);
    slot.downstream(connection_state::active).add(4);
    slot.downstream(connection_state::active).sub();
}

}  // namespace

TEST_CASE("the sum over all workers is shown under the documented names") {
    metrics all(2);
    exercise(all.worker(0));
    exercise(all.worker(1));
    const auto text = prometheus_text(all.read());
    for (
        const auto* line : {
            "http_server_active_requests 2",
            "gate_headers_stripped_total 4",
            "upstream_retries_total 2",
            "http_server_request_bytes_total 200",
            "http_server_response_bytes_total 400",
            R"(gate_decisions_total{verdict="allow",reason="token_verified"} 2)",
            R"(gate_decisions_total{verdict="unavailable",reason="gate_timeout"} 2)",
            R"(gate_decisions_total{verdict="deny",reason="token_invalid"} 0)",
            R"(gate_request_failures_total{reason="upstream_timeout"} 2)",
            R"(gate_streams_ended_total{reason="token_revoked"} 2)",
            R"(gate_streams_ended_total{reason="gate_unconfirmed"} 0)",
            R"(gate_cache_lookups_total{result="coalesced"} 2)",
            R"(gate_cache_lookups_total{result="stale"} 0)",
            R"(gate_cache_lookups_total{result="fleet"} 0)",
            R"(upstream_connections{state="idle"} 6)",
            R"(downstream_connections{state="active"} 6)",
            R"(http_server_request_duration_seconds_count{http_request_method="GET",http_response_status_code="200"} 2)",
            R"(http_server_request_duration_seconds_bucket{http_request_method="_OTHER",http_response_status_code="405",le="0.0005"} 2)",
            R"(http_client_request_duration_seconds_bucket{peer="gate",le="0.025"} 0)",
            R"(http_client_request_duration_seconds_bucket{peer="gate",le="0.05"} 2)",
            R"(http_client_request_duration_seconds_sum{peer="gate"} 0.1)",
            R"(http_client_request_duration_seconds_count{peer="upstream"} 0)",
            "# TYPE http_server_request_duration_seconds histogram",
            "# TYPE gate_decisions_total counter",
            "# TYPE http_server_active_requests gauge",
        }) {
        INFO(line);
        CHECK(has_line(text, line));
    }
    CHECK(has_line(text, "build_info{version=\"" + std::string(version()) + "\",revision=\"" +
                             std::string(revision()) + "\"} 1"));
}

TEST_CASE("every reason is shown where it can happen: as a decision, as a failure, as a withdrawal") {
    metrics all(1);
    for (std::size_t i = 0; i < core::reason_count; ++i) {
        all.worker(0).count_decision(static_cast<core::reason>(i));
        all.worker(0).count_failure(static_cast<core::reason>(i));
    }
    const auto text = prometheus_text(all.read());
    for (std::size_t i = 1; i < core::reason_count; ++i) {
        const auto reason = static_cast<core::reason>(i);
        const auto code = std::string(core::to_string(reason));
        const auto what = core::verdict_of(reason);
        const auto verdict = what ? std::string(to_string(*what)) : std::string();
        INFO(code);
        CHECK(has_line(text, "gate_decisions_total{verdict=\"" + verdict + "\",reason=\"" + code + "\"} 1") ==
              !verdict.empty());
        const bool withdraws = core::ends_streams(reason);
        CHECK(has_line(text, "gate_request_failures_total{reason=\"" + code + "\"} 1") ==
              (verdict.empty() || withdraws));
        CHECK(has_line(text, "gate_streams_ended_total{reason=\"" + code + "\"} 1") == withdraws);
        const bool about_gate = code.rfind("gate_", 0) == 0;
        CHECK((verdict == "unavailable") == about_gate);
        static const std::set<std::string> others{"public_path", "no_token",    "preflight",
                                                  "discovery",   "path_denied", "account_blocked"};
        CHECK((verdict == "deny" || verdict == "allow") ==
              (code.rfind("token_", 0) == 0 || others.contains(code)));
    }
    CHECK(text.find("reason=\"none\"") == std::string::npos);
}

namespace {

// Numbers that somebody owns, and how often they were asked for.
struct owner {
    metric_type type = metric_type::gauge;
    double entries = 1;
    mutable int asked = 0;

    void collect(metrics_snapshot& into) const {
        ++asked;
        into.family(type, "gate_cache_entries", "Entries in the cache.").add({{"kind", "positive"}}, entries);
        into.counter("gate_a_total", "An owner's first.").add({}, 1e15);
    }
};

}  // namespace

TEST_CASE("each owner is asked once for each snapshot") {
    metrics all(1);
    owner cache;
    all.add(cache);
    const auto before = all.read();
    CHECK(cache.asked == 1);
    cache.entries = std::numeric_limits<double>::infinity();
    CHECK(before.find("gate_cache_entries", {{"kind", "positive"}}) != nullptr);
    CHECK(*before.find("gate_cache_entries", {{"kind", "positive"}}) == metric_value(1.0));
    const auto text = prometheus_text(all.read());
    CHECK(cache.asked == 2);
    CHECK(has_line(text, "gate_cache_entries{kind=\"positive\"} +Inf"));
    CHECK(has_line(text, "gate_a_total 1e+15"));
    CHECK(before.find("gate_cache_entries", {{"kind", "negative"}}) == nullptr);
    CHECK(before.find("no_such_metric", {}) == nullptr);
}

TEST_CASE("owners share a family, whose help is said once; they come by name, before the process") {
    metrics all(1);
    const owner first;
    const owner second;
    all.add(first);
    all.add(second);
    const auto text = prometheus_text(all.read());
    const auto help = text.find("# HELP gate_cache_entries");
    CHECK(help == text.rfind("# HELP gate_cache_entries"));
    CHECK(text.find("# HELP gate_a_total") < help);
    CHECK(text.find("# HELP downstream_connections ") < text.find("# HELP gate_a_total"));
    CHECK(help < text.find("# HELP process_cpu_seconds_total"));
}

TEST_CASE("one name with two types is a mistake of ours") {
    metrics all(1);
    const owner gauges;
    const owner counters{metric_type::counter};
    all.add(gauges);
    all.add(counters);
    CHECK_THROWS_AS(all.read(), std::logic_error);
}

TEST_CASE("the text of a snapshot, byte for byte") {
    metrics_snapshot all;
    all.gauge("g", "A \\ back\nslash and \"quotes\".")
        .add({}, 0.25)
        .add({{"kind", "a\"b\\c\nd"}, {"more", ""}}, std::int64_t{-3})
        .add({{"kind", "nan"}}, std::numeric_limits<double>::quiet_NaN());
    all.counter("c_total", "Whole numbers in full, others briefly.")
        .add({{"as", "whole"}}, std::uint64_t{1'000'000})
        .add({{"as", "double"}}, 1'000'000.0)
        .add({{"as", "small"}}, 99'999.0);
    histogram_totals times;
    times.buckets[0] = 2;
    times.buckets[15] = 1;
    times.buckets[16] = 1;
    times.nanoseconds = 61'500'000'000;
    all.family(metric_type::histogram, "h_seconds", "Times.").add({{"peer", "gate"}}, times);
    CHECK(prometheus_text(all) == R"(# HELP g A \\ back\nslash and "quotes".
# TYPE g gauge
g 0.25
g{kind="a\"b\\c\nd",more=""} -3
g{kind="nan"} NaN
# HELP c_total Whole numbers in full, others briefly.
# TYPE c_total counter
c_total{as="whole"} 1000000
c_total{as="double"} 1e+06
c_total{as="small"} 99999
# HELP h_seconds Times.
# TYPE h_seconds histogram
h_seconds_bucket{peer="gate",le="0.0005"} 2
h_seconds_bucket{peer="gate",le="0.001"} 2
h_seconds_bucket{peer="gate",le="0.0025"} 2
h_seconds_bucket{peer="gate",le="0.005"} 2
h_seconds_bucket{peer="gate",le="0.01"} 2
h_seconds_bucket{peer="gate",le="0.025"} 2
h_seconds_bucket{peer="gate",le="0.05"} 2
h_seconds_bucket{peer="gate",le="0.1"} 2
h_seconds_bucket{peer="gate",le="0.25"} 2
h_seconds_bucket{peer="gate",le="0.5"} 2
h_seconds_bucket{peer="gate",le="1"} 2
h_seconds_bucket{peer="gate",le="2.5"} 2
h_seconds_bucket{peer="gate",le="5"} 2
h_seconds_bucket{peer="gate",le="10"} 2
h_seconds_bucket{peer="gate",le="30"} 2
h_seconds_bucket{peer="gate",le="60"} 3
h_seconds_bucket{peer="gate",le="+Inf"} 4
h_seconds_sum{peer="gate"} 61.5
h_seconds_count{peer="gate"} 4
)");
}

TEST_CASE("the process metrics tell of this process") {
    const metrics all(1);
    const auto text = prometheus_text(all.read());
    CHECK(value_of(text, "process_resident_memory_bytes") > 1e5);
    CHECK(value_of(text, "process_virtual_memory_bytes") > value_of(text, "process_resident_memory_bytes"));
    CHECK(value_of(text, "process_cpu_seconds_total") > 0);
    CHECK(value_of(text, "process_max_fds") >= value_of(text, "process_open_fds"));
    CHECK(value_of(text, "process_threads") >= 1);
    const auto now = std::chrono::duration<double>(core::wall_clock::now().time_since_epoch()).count();
    CHECK(value_of(text, "process_start_time_seconds") <= now + 1);
    CHECK(value_of(text, "process_start_time_seconds") > now - 3600);

    const auto open = value_of(text, "process_open_fds");
    test::pipe_pair pipe;
    CHECK(value_of(prometheus_text(all.read()), "process_open_fds") == open + 2);
}

// A test of its own for ctest, which shows that it was skipped.
TEST_CASE("promtool finds nothing to complain about", "[.promtool]") {
    if (std::system("command -v promtool >/dev/null") != 0) {
        std::puts("promtool is not installed");
        return;
    }
    metrics all(1);
    const owner cache;
    all.add(cache);
    SECTION("before the first request") {}
    SECTION("after some") {
        exercise(all.worker(0));
    }
    const auto [said, status] = check_with_promtool(prometheus_text(all.read()));
    INFO(said);
    CHECK(status == 0);
    CHECK(said.empty());
    CHECK(check_with_promtool("# TYPE bad counter\nbad 1\n").second != 0);
}

TEST_CASE("workers count while others scrape") {
    constexpr int rounds = 20'000;
    metrics all(2);
    std::atomic<int> working{2};
    const auto work = [&](unsigned number) {
        auto& slot = all.worker(number);
        for (int i = 0; i < rounds; ++i) {
            slot.count_request(method::get, 200 + static_cast<unsigned>(i) % 200, 1ms);
            slot.count_decision(core::reason::token_verified);
            slot.active_requests.add();
            slot.active_requests.sub();
        }
        --working;
    };
    std::thread first(work, 0u);
    std::thread second(work, 1u);
    const std::string series = R"(gate_decisions_total{verdict="allow",reason="token_verified"})";
    double before = 0;
    while (working > 0) {
        const auto now = value_of(prometheus_text(all.read()), series);
        REQUIRE(now >= before);
        before = now;
    }
    first.join();
    second.join();
    const auto text = prometheus_text(all.read());
    CHECK(value_of(text, series) == 2 * rounds);
    CHECK(value_of(text, "http_server_active_requests") == 0);
}
