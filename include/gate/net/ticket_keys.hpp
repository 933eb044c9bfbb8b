#pragma once
// The keys that session tickets are encrypted with (RFC 5077, RFC 8446 4.6.1). All workers and listeners of a
// process use the same ones, so that a client may resume wherever it comes to: what a session may be used
// for is bound to it in another way. Thread-safe.

#include <gate/core/clock.hpp>
#include <gate/core/mutex.hpp>
#include <gate/core/secret_string.hpp>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace gate::net {

// 80 bytes, in HAProxy's order.
struct ticket_key {
    std::array<std::uint8_t, 16> name;
    std::array<std::uint8_t, 32> cipher_key;  // AES-256-CBC
    std::array<std::uint8_t, 32> mac_key;     // HMAC with SHA-256
};

class ticket_keys {
public:
    // Our own, unpredictable.
    static constexpr std::chrono::hours renewed_after{12};
    static constexpr std::size_t most_kept = 3;
    ticket_keys() = default;
    // Those that are given, 80 bytes each: the first encrypts, all decrypt. Precondition: there is one.
    explicit ticket_keys(std::span<const core::secret_string> given);
    ~ticket_keys();
    ticket_keys(const ticket_keys&) = delete;
    ticket_keys& operator=(const ticket_keys&) = delete;

    // The one that encrypts. Throws std::runtime_error if the system has no random numbers.
    ticket_key current(core::time_point now);

    struct found_key {
        ticket_key key;
        bool is_current = false;
    };
    std::optional<found_key> find(std::span<const std::uint8_t, 16> name, core::time_point now);

private:
    void renew(core::time_point now) GATE_REQUIRES(mutex_);

    core::mutex mutex_;
    std::vector<ticket_key> keys_ GATE_GUARDED_BY(mutex_);  // the one that encrypts first
    core::time_point renewed_at_ GATE_GUARDED_BY(mutex_){};
    bool are_given_ = false;
};

// Our own keys of this process.
std::shared_ptr<ticket_keys> own_ticket_keys();

}  // namespace gate::net
