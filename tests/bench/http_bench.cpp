// What the http layer costs per request: find, parse, decide, rewrite a head of 240 bytes. Build: ninja
// bench_http.

#include <gate/http/chunk.hpp>
#include <gate/http/head_parser.hpp>
#include <gate/http/request_id.hpp>
#include <gate/http/rewrite.hpp>

#include <benchmark/benchmark.h>

namespace {

using namespace gate::http;

constexpr head_limits limits{16 * 1024, 100, 8 * 1024};

const std::string request =
    "GET /v1/things/4711?full=1 HTTP/1.1\r\n"
    "Host: api.example.test:8080\r\n"
    "User-Agent: bench/1.0\r\n"
    "Accept: application/json\r\n"
    "Accept-Encoding: gzip, deflate\r\n"
    "Authorization: Bearer agt_0123456789abcdefghijklmnopqrstuvwxyz012\r\n"
    "X-Trace: 1234567890\r\n"
    "\r\n";
const std::string response =
    "HTTP/1.1 200 OK\r\n"
    "Content-Type: application/json\r\n"
    "Content-Length: 100\r\n"
    "Date: Thu, 01 Jan 2026 00:00:00 GMT\r\n"
    "Server: api\r\n"
    "\r\n";

void find_head(benchmark::State& state) {
    head_finder finder(limits);
    for (auto _ : state) {
        finder.reset();
        benchmark::DoNotOptimize(finder.find(request));
    }
}

void parse_request(benchmark::State& state) {
    const identity_names identity("X-Gate-Account-Id");
    request_head head;
    for (auto _ : state) {
        if (!parse_request_head(request, limits, identity, head)) std::abort();
        benchmark::DoNotOptimize(head.fields.data());
    }
}

struct upstream_side {
    reading_rules rules{limits, identity_names("X-Gate-Account-Id"), {}};
    head_finder finder{limits};
    request_facts asked;
    request_id_source ids{1, 2};
    std::string out;

    void run() {
        finder.reset();
        asked.clear();
        const auto size = finder.find(request);
        if (!size || !read_request({request.data(), *size}, rules, asked)) std::abort();
        rewrite();
    }

    void rewrite() {
        const auto id = ids.next();
        const auto trace = ids.next_traceparent();
        out.clear();
        append_upstream_head(asked,
                             {.identity_line = "X-Gate-Account-Id: gacct_0123456789abcdefghijklmnop\r\n",
                              .verification_line = {},
                              .client_address = "192.0.2.17",
                              .forwarded_for = {},
                              .forwarded_proto = "http",
                              .forwarded_host = {},
                              .request_id = id.view(),
                              .traceparent = trace.view(),
                              .drop_authorization = true},
                             out);
    }
};

void whole_request(benchmark::State& state) {
    upstream_side side;
    for (auto _ : state) {
        side.run();
        benchmark::DoNotOptimize(side.out.data());
    }
}

void rewrite_request(benchmark::State& state) {
    upstream_side side;
    side.run();
    for (auto _ : state) {
        side.rewrite();
        benchmark::DoNotOptimize(side.out.data());
    }
}

void whole_response(benchmark::State& state) {
    head_finder finder(limits);
    response_head head;
    connection_options options;
    std::string out;
    for (auto _ : state) {
        finder.reset();
        const auto size = finder.find(response);
        if (!size || !parse_response_head({response.data(), *size}, limits, head)) std::abort();
        const auto framing = response_framing(head, method::get);
        read_connection_options(head, options);
        out.clear();
        append_downstream_head(head,
                               {.connection = options,
                                .framing = *framing,
                                .request_id = "req_0123456789abcdef0123456789abcdef"},
                               out);
        benchmark::DoNotOptimize(out.data());
    }
}

void make_ids(benchmark::State& state) {
    request_id_source ids;
    for (auto _ : state) benchmark::DoNotOptimize(ids.next());
}

}  // namespace

BENCHMARK(find_head);
BENCHMARK(parse_request);
BENCHMARK(rewrite_request);
BENCHMARK(whole_request);
BENCHMARK(whole_response);
BENCHMARK(make_ids);

BENCHMARK_MAIN();
