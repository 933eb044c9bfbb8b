#pragma once
// The callers: keep-alive connections to the proxy under test, each with one request under way at most.
#include "connection.hpp"
#include "workload.hpp"

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

namespace bench {

// When a connection that has its answer asks again: at once; when the rate says so; never.
enum class pace { closed_loop, rate, once };

class clients {
public:
    clients(event_loop& loop, const workload& work, int port, pace when);
    ~clients();

    // Before connect: each request has the next of so many tokens, not always the one of its connection.
    void rotate(std::size_t tokens) { rotated_ = tokens; }
    // Before connect: the proxy's listener speaks TLS.
    void speak_tls() { is_tls_ = true; }
    // Opens so many more; each has one of so many tokens.
    void connect(std::size_t count, std::size_t tokens);
    // pace::closed_loop: all ask. The others begin with ask_due and ask_one.
    void ask_all();
    // pace::rate: has every request sent that is due by now, a second being so many requests long; a request
    // that finds no free connection waits for one, and its latency counts from when it was due. Says when the
    // next one is due.
    time_point ask_due(double rate);
    // pace::once: connection number n asks.
    void ask_one(std::size_t n);

    void record(bool on) { recording_ = on; }
    // Answers so far, those that were not a whole 200, and connections that were lost.
    std::uint64_t answered() const { return answered_; }
    std::uint64_t bad() const { return bad_; }
    std::uint64_t lost() const { return lost_; }
    std::size_t size() const { return all_.size(); }
    // Nanoseconds from the request to the end of its answer, of those recorded, unsorted.
    std::vector<std::uint32_t>& latencies() { return latencies_; }

private:
    class client;

    void on_answer(client& from);
    std::uint64_t next_token();

    event_loop& loop_;
    const workload& work_;
    int port_;
    pace pace_;
    std::vector<std::unique_ptr<client>> all_;
    std::vector<client*> free_;
    std::deque<time_point> waiting_;
    time_point due_;
    std::size_t rotated_ = 0;
    std::uint64_t next_token_;
    bool recording_ = false;
    bool is_tls_ = false;
    std::uint64_t answered_ = 0, bad_ = 0, lost_ = 0;
    std::vector<std::uint32_t> latencies_;
};

}  // namespace bench
