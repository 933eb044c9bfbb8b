// What an access-log line and the counters of a request cost the worker. Budget: 150 ns a line.

#include <gate/telemetry/access_log.hpp>
#include <gate/telemetry/worker_metrics.hpp>

#include <benchmark/benchmark.h>
#include <cstdlib>
#include <memory>
#include <string>

#include <fcntl.h>
#include <unistd.h>

namespace {

using namespace gate;
using namespace std::chrono_literals;
using telemetry::access_record;

access_record typical() {
    access_record record;
    record.time = core::wall_clock::now();
    record.method = "GET";
    record.path = "/v1/accounts/42/orders";
    record.host = "api.example.com";
    record.client_address = "10.244.17.203";
    record.user_agent = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0";
    record.ids.trace = "4bf92f3577b34da6a3ce929d0e0e4736";
    record.ids.span = "00f067aa0ba902b7";
    record.ids.request = "req_0123456789abcdef0123456789abcdef";
    record.cache = "hit";
    record.account_id = "gacct_01J8ZQ4V6Y3N5T7W9X2B4D6F8H";
    record.token_fingerprint = "a1b2c3d4e5f6";
    record.decision = core::reason::token_verified;
    record.status = 200;
    record.response_body = 2048;
    record.took.whole = 1234567ns;
    record.took.upstream = 1100000ns;
    record.took.age = 12s;
    return record;
}

// A descriptor that nobody reads: the lines are written, handed over, and dropped. So no second thread
// disturbs the measurement; what the other thread costs is `written_json_line`.
class full_pipe {
public:
    full_pipe() {
        if (::pipe2(ends_, O_CLOEXEC | O_NONBLOCK) != 0) std::abort();
        const std::string filler(4096, '\n');
        while (::write(ends_[1], filler.data(), filler.size()) > 0) {
        }
    }
    ~full_pipe() {
        ::close(ends_[0]);
        ::close(ends_[1]);
    }
    full_pipe(const full_pipe&) = delete;
    full_pipe& operator=(const full_pipe&) = delete;
    int input() const { return ends_[1]; }

private:
    int ends_[2]{};
};

void append(benchmark::State& state, int fd, const access_record& record, core::log_format format) {
    telemetry::log_output output(fd, 0ms);
    const telemetry::event_log events(output, {core::log_level::info, format});
    telemetry::access_log log(output, events);
    for (auto _ : state) log.append(record);
}

void append_only(benchmark::State& state, const access_record& record,
                 core::log_format format = core::log_format::json) {
    const full_pipe nowhere;
    append(state, nowhere.input(), record, format);
}

void written_json_line(benchmark::State& state) {
    const int fd = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
    append(state, fd, typical(), core::log_format::json);
    ::close(fd);
}

void json_line(benchmark::State& state) {
    append_only(state, typical());
}
void text_line(benchmark::State& state) {
    append_only(state, typical(), core::log_format::text);
}

void short_json_line(benchmark::State& state) {
    auto record = typical();
    record.user_agent = "curl/8.5.0";
    record.ids.trace = record.ids.span = {};
    append_only(state, record);
}

void hostile_json_line(benchmark::State& state) {
    auto record = typical();
    const std::string agent(512, '\x01');
    record.user_agent = agent;
    append_only(state, record);
}

void request_counters(benchmark::State& state) {
    auto slot = std::make_unique<telemetry::worker_metrics>();
    for (auto _ : state) {
        slot->active_requests.add();
        slot->count_lookup(telemetry::cache_result::hit);
        slot->count_decision(core::reason::token_verified);
        slot->count_upstream_request(telemetry::unnamed, 300us);
        slot->count_request(telemetry::method_of("GET"), 200, 320us);
        slot->received_bytes.add(240);
        slot->sent_bytes.add(400);
        slot->active_requests.sub();
        benchmark::ClobberMemory();
    }
}

BENCHMARK(json_line);
BENCHMARK(written_json_line)->UseRealTime()->MeasureProcessCPUTime();
BENCHMARK(text_line);
BENCHMARK(short_json_line);
BENCHMARK(hostile_json_line);
BENCHMARK(request_counters);

}  // namespace
