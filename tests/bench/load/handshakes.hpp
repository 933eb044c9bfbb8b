#pragma once
// Connections to the proxy that are closed when their handshake is made, each followed by the next.
#include "event_loop.hpp"

#include <cstdint>
#include <memory>
#include <vector>

namespace bench {

class handshakes {
public:
    handshakes(event_loop& loop, int port);
    ~handshakes();

    // Keeps so many under way.
    void begin(std::size_t at_once);
    void record(bool on) { recording_ = on; }

    std::uint64_t made() const { return made_; }
    // Those that failed.
    std::uint64_t lost() const { return lost_; }
    // Nanoseconds from connecting to the end of the handshake, of those recorded, unsorted.
    std::vector<std::uint32_t>& latencies() { return latencies_; }

private:
    class maker;

    event_loop& loop_;
    int port_;
    std::vector<std::unique_ptr<maker>> all_;
    bool recording_ = false;
    std::uint64_t made_ = 0, lost_ = 0;
    std::vector<std::uint32_t> latencies_;
};

}  // namespace bench
