#pragma once
// A request that is under way, in http_server_active_requests.

#include <gate/telemetry/counter.hpp>

namespace gate::telemetry {

// Counts a request as active for as long as this object lives, whatever becomes of it.
class active_request {
public:
    explicit active_request(gauge& count) noexcept : count_(count) { count_.add(); }
    ~active_request() { count_.sub(); }
    active_request(const active_request&) = delete;
    active_request& operator=(const active_request&) = delete;

private:
    gauge& count_;
};

}  // namespace gate::telemetry
