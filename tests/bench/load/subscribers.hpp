#pragma once
// The callers of event streams: each asks once, and counts the events that come.
#include "connection.hpp"
#include "workload.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace bench {

class subscribers {
public:
    subscribers(event_loop& loop, const workload& work, int port);
    ~subscribers();

    void subscribe(std::size_t count, std::size_t tokens);
    // An event goes out now: latencies count from here.
    void expect_event(bool record);

    std::uint64_t accepted() const { return accepted_; }
    std::uint64_t bad() const { return bad_; }
    std::uint64_t lost() const { return lost_; }
    std::uint64_t events() const { return events_; }
    std::vector<std::uint32_t>& latencies() { return latencies_; }

private:
    class subscriber;

    event_loop& loop_;
    const workload& work_;
    int port_;
    std::vector<std::unique_ptr<subscriber>> all_;
    std::uint64_t accepted_ = 0, bad_ = 0, lost_ = 0, events_ = 0;
    bool recording_ = false;
    time_point sent_;
    std::vector<std::uint32_t> latencies_;
};

}  // namespace bench
