#pragma once
// What was called, how it ended, and what is going on now. Not thread-safe.

#include <gate/emulator/json.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace gate::emulator {

struct verify_counts {
    std::uint64_t total = 0;
    std::uint64_t valid = 0;
    std::uint64_t invalid = 0;       // unknown, expired and revoked tokens
    std::uint64_t refused = 0;       // 401, 403, 422
    std::uint64_t rate_limited = 0;  // 429 by the limit
    std::uint64_t faulted = 0;       // by a fault that replaced the answer
};

struct revoke_counts {
    std::uint64_t total = 0;
    std::uint64_t revoked = 0;
    std::uint64_t unknown = 0;  // 404: no such token
    std::uint64_t refused = 0;
    std::uint64_t rate_limited = 0;
    std::uint64_t faulted = 0;
};

class counters {
public:
    verify_counts verify;
    revoke_counts revoke;
    std::uint64_t early_calls = 0;     // made before the Retry-After of the latest 429 had passed
    std::uint64_t other_requests = 0;  // 404 and 405: neither verify nor revoke
    std::uint64_t connections_accepted = 0;
    std::uint64_t tls_failures = 0;      // handshakes that did not end well
    std::uint64_t connections_open = 0;  // a gauge: survives reset
    std::uint64_t max_in_flight = 0;

    // Remembers the verifications of one token; beyond 100 000 tokens only their number.
    void count_token(std::string_view token);
    std::uint64_t calls_of(std::string_view token) const;

    std::uint64_t in_flight() const { return in_flight_; }
    void enter();
    void leave() { --in_flight_; }

    // Back to zero, all but what is open or in flight now.
    void reset();

    // Writes the members of an object that the caller has opened.
    void write_members(json_writer& out) const;

private:
    std::uint64_t in_flight_ = 0;
    std::uint64_t calls_of_unlisted_tokens_ = 0;
    std::unordered_map<std::string, std::uint64_t> calls_of_;
};

// One call between its arrival and the end of its answer.
class call_in_flight {
public:
    call_in_flight() = default;
    explicit call_in_flight(counters& owner) : owner_(&owner) { owner.enter(); }
    call_in_flight(call_in_flight&& other) noexcept : owner_(other.owner_) { other.owner_ = nullptr; }
    call_in_flight& operator=(call_in_flight&& other) noexcept {
        std::swap(owner_, other.owner_);
        return *this;
    }
    ~call_in_flight() {
        if (owner_ != nullptr) owner_->leave();
    }

private:
    counters* owner_ = nullptr;
};

}  // namespace gate::emulator
