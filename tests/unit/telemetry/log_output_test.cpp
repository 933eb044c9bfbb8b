#include "support.hpp"

#include <gate/telemetry/access_log.hpp>
#include <gate/telemetry/exposition.hpp>
#include <gate/telemetry/metrics.hpp>

#include <algorithm>
#include <thread>

#include <sys/socket.h>

using namespace gate;
using namespace gate::telemetry;
using namespace gate::telemetry::test;
using namespace std::chrono_literals;

namespace {

constexpr auto deadline = 20s;

std::unique_ptr<log_chunk> chunk_of(std::string_view line, unsigned lines = 1) {
    auto chunk = std::make_unique<log_chunk>();
    for (unsigned i = 0; i < lines; ++i) {
        std::copy(line.begin(), line.end(), chunk->end());
        chunk->add_line(chunk->end() + line.size());
    }
    return chunk;
}

}  // namespace

TEST_CASE("lines and chunks come out in the order in which they went in") {
    collector pipe;
    std::string expected;
    {
        log_output output(pipe.input());
        for (int i = 0; i < 60; ++i) {
            const auto line = "line " + std::to_string(i) + '\n';
            const auto chunk = "chunk " + std::to_string(i) + '\n';
            expected += line + chunk;
            REQUIRE(output.write(line));
            CHECK(output.exchange(chunk_of(chunk))->lines() == 0);
        }
        CHECK(output.dropped() == 0);
    }
    CHECK(pipe.take() == expected);
}

TEST_CASE("a blocked output delays nobody: lines are dropped and counted, and the others come out later") {
    constexpr std::uint64_t requests = 100'000;
    constexpr std::uint64_t events = 1000;
    pipe_pair pipe;
    const auto filler = pipe.fill();
    std::string received;
    std::thread reader;
    std::uint64_t dropped = 0;
    {
        log_output output(pipe.input(), deadline);
        const event_log log(output, json_at(core::log_level::info));
        access_log requests_log(output, log);
        for (std::uint64_t i = 0; i < requests; ++i) requests_log.append({});
        for (std::uint64_t i = 0; i < events; ++i) log.info("event");
        requests_log.flush();
        dropped = output.dropped();
        reader = std::thread([&] { received = read_until_closed(pipe.output()); });
    }
    pipe.close_input();
    reader.join();
    const auto newlines = static_cast<std::uint64_t>(std::count(received.begin(), received.end(), '\n'));
    CHECK(dropped >= events - log_output::max_lines - 1);
    CHECK(newlines == filler + requests + events - dropped);
    CHECK(newlines > filler + log_output::max_lines);
}

TEST_CASE("an output that stays blocked does not keep the program from ending") {
    pipe_pair pipe;
    pipe.fill();
    const auto begin = std::chrono::steady_clock::now();
    {
        log_output output(pipe.input(), 1ms);
        for (int i = 0; i < 100; ++i) output.write("line\n");
        output.exchange(chunk_of("line\n"));
    }
    CHECK(std::chrono::steady_clock::now() - begin < deadline);
}

TEST_CASE("a flush returns when all has been written, or after the patience") {
    pipe_pair pipe;
    {
        log_output output(pipe.input(), deadline);
        REQUIRE(output.write("line\n"));
        output.exchange(chunk_of("chunk\n"));
        output.flush();
        std::string written(11, '\0');
        CHECK(::read(pipe.output(), written.data(), written.size()) == 11);
        CHECK(written == "line\nchunk\n");
    }
    pipe.fill();
    log_output blocked(pipe.input(), 1ms);
    REQUIRE(blocked.write("line\n"));
    const auto begin = std::chrono::steady_clock::now();
    blocked.flush();
    CHECK(std::chrono::steady_clock::now() - begin < deadline);
}

TEST_CASE("lines are counted as dropped when the reader has gone, and the program lives") {
    pipe_pair pipe;
    pipe.close_output();
    log_output output(pipe.input());
    output.write("line\n");
    output.exchange(chunk_of("line\n", 3));
    const auto end = std::chrono::steady_clock::now() + deadline;
    while (output.dropped() < 4 && std::chrono::steady_clock::now() < end) std::this_thread::yield();
    CHECK(output.dropped() == 4);
}

TEST_CASE("a socket is written without being blocked by it") {
    int ends[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
    std::string received;
    std::thread reader([&] { received = read_until_closed(ends[0]); });
    const std::string line(60'000, 'x');
    {
        log_output output(ends[1]);
        for (int i = 0; i < 20; ++i) output.exchange(chunk_of(line + '\n'));
        CHECK(output.dropped() == 0);
    }
    ::close(ends[1]);
    reader.join();
    ::close(ends[0]);
    CHECK(received.size() == 20 * 60'001);
}

TEST_CASE("dropped lines are exposed as a metric") {
    pipe_pair pipe;
    pipe.fill();
    log_output output(pipe.input(), 1ms);
    metrics all(1);
    all.add(output);
    CHECK(prometheus_text(all.read()).find("\nlog_lines_dropped_total 0\n") != std::string::npos);
    for (std::size_t i = 0; i < log_output::max_lines + 10; ++i) output.write("line\n");
    CHECK(prometheus_text(all.read()).find("\nlog_lines_dropped_total 10\n") != std::string::npos);
}

TEST_CASE("several threads log at once") {
    collector pipe;
    std::uint64_t dropped = 0;
    {
        log_output output(pipe.input());
        event_log events(output, json_at(core::log_level::info));
        const auto work = [&] {
            access_log log(output, events);
            access_record record;
            record.path = "/";
            for (int i = 0; i < 3000; ++i) {
                log.append(record);
                if (i % 100 == 0) events.info("tick", {{"i", i}});
                if (i % 50 == 0) log.flush();
            }
        };
        std::thread first(work);
        std::thread second(work);
        for (int i = 0; i < 100; ++i) events.set_level(core::log_level::info);
        first.join();
        second.join();
        dropped = output.dropped();
    }
    const auto lines = split_lines(pipe.take());
    CHECK(lines.size() + dropped == 2 * 3030);
    for (const auto& line : lines) parse(line);
}
