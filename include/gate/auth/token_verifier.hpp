#pragma once
// Who asks Gate about a token, as the authenticator sees it. Implemented by verify::gate_verifier and tests.

#include <gate/auth/decision.hpp>
#include <gate/core/secret_string.hpp>
#include <gate/core/task.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace gate::auth {

// One answer of Gate, or why there is none.
struct verification {
    core::verdict verdict = core::verdict::unavailable;
    core::reason reason = core::reason::internal_error;
    int status = 0;          // of the HTTP response; 0: none was received
    unsigned calls = 1;      // sent to Gate, repetitions included
    bool held_back = false;  // not sent, or not again: Gate has said meanwhile that no call may be made
    bool was_sent = true;    // of a failure: Gate may have seen the token
    bool repeated = false;   // of a failure: of the second try, on a new connection
    std::string account_id;  // of allow: visible ASCII, 1..256 bytes
    std::optional<core::wall_clock::time_point> expires_at;
    std::optional<std::chrono::seconds> max_age;
    bool no_store = false;                // or no-cache, or private
    bool has_garbage_max_age = false;     // of which max_age is none
    std::chrono::seconds retry_after{0};  // 0: not said
    std::optional<unsigned> limit;        // X-RateLimit-Limit
    std::optional<unsigned> remaining;    // X-RateLimit-Remaining
    bool retryable = false;               // of unavailable: Gate says so, or nothing was received
    std::string request_id;               // well-formed, or empty
    std::string detail;                   // for the log of unavailable; no token, no key, printable
};

// How often the same question was tried before.
enum class attempt : std::uint8_t {
    first,
    second,  // on a new connection, and the last one
};

class token_verifier {
public:
    virtual ~token_verifier() = default;

    // Asks Gate, once, or once more where a kept connection turns out to be closed. Ends by `deadline` (then:
    // unavailable, gate_timeout). Called on, and resumes on, the thread of the worker that owns the verifier.
    // Precondition: is_agent_token(token).
    virtual core::task<verification> verify(core::secret_string token, core::time_point deadline,
                                            attempt which) = 0;
};

}  // namespace gate::auth
