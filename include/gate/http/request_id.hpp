#pragma once
// Ids of requests and traces: which of the client's are kept, and how ours are made.

#include <cstdint>
#include <string_view>

namespace gate::http {

// 1..128 letters, digits and "-._~+/=:@": safe in a field, a log line and a shell.
bool is_sane_request_id(std::string_view id) noexcept;

// "req_" and 32 lower-case hex digits.
struct request_id {
    char text[36];
    std::string_view view() const noexcept { return {text, sizeof text}; }
};

// "00-<32 hex>-<16 hex>-<2 hex>" (W3C Trace Context). A new trace is marked as sampled: who exports spans
// clears that.
struct traceparent {
    char text[55];
    std::string_view view() const noexcept { return {text, sizeof text}; }
    // Of the flags that we write, the lowest is that of the last digit's character, too.
    bool is_sampled() const noexcept { return (text[54] & 1) != 0; }
    void clear_sampled() noexcept { text[54] = static_cast<char>(text[54] & ~1); }
};

// Makes ids that do not repeat: a counter under a keyed permutation. One for each worker; not thread-safe.
// The ids are unique, not secret: a client that has seen some may guess others.
class request_id_source {
public:
    // Keyed from the system's random numbers. Throws where there are none.
    request_id_source();
    // For tests: two sources with the same keys make the same ids.
    request_id_source(std::uint64_t first_key, std::uint64_t second_key) noexcept
        : first_key_(first_key), second_key_(second_key) {}

    request_id next() noexcept;
    // A new trace.
    traceparent next_traceparent() noexcept;
    // The same trace with a span id of our own. `parent` is a valid traceparent of any version; what we write
    // is version 00, with the flags that this version defines (W3C Trace Context 2.2 and 3.2.2).
    traceparent continued(std::string_view parent) noexcept;

private:
    std::uint64_t first_key_;
    std::uint64_t second_key_;
    std::uint64_t count_ = 0;
};

}  // namespace gate::http
