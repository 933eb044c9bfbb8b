#pragma once
// The measurements. Each prints one JSON object; times in seconds, latencies in microseconds, memory in KiB.
#include "stubs.hpp"

#include <cstddef>
#include <iosfwd>
#include <string>
#include <vector>

namespace bench {

struct options {
    stub_options stubs;
    int port = 0;  // of the proxy under test
    std::vector<int> pids;
    std::string work = "get";
    std::size_t connections = 50, tokens = 100;
    double seconds = 1.2, warm_up = 0.4;
    double rate = 0;      // requests a second; 0: as many as are answered
    bool rotate = false;  // the tokens among the requests instead of among the connections
    bool idle = false, serve = false;
    bool tls = false;  // the proxy's listener speaks it
};

// Only the stubs; never returns.
[[noreturn]] void serve(const options& all);
// Requests, at a rate or as fast as they are answered.
void measure_requests(const options& all, std::ostream& out);
// Connections that are closed after a full handshake of TLS, as many at once as there are connections.
void measure_handshakes(const options& all, std::ostream& out);
// Events: the next one goes out when each stream has had the last.
void measure_streams(const options& all, std::ostream& out);
// The memory of connections that have had one request and are held open.
void measure_idle(const options& all, std::ostream& out);

}  // namespace bench
