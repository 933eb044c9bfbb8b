#pragma once
// Spans of requests, as OpenTelemetry means them: which requests have some, and what is known when one ends.
// What encodes and sends them stands behind span_sink.

#include <gate/core/hex.hpp>
#include <gate/telemetry/access_log.hpp>

#include <chrono>
#include <cstdint>
#include <string_view>

namespace gate::telemetry {

// Chooses a share of the traces that begin here, by the random part of the trace id: whoever goes by the same
// rule chooses the same ones (W3C Trace Context Level 2: its last 56 bits; OpenTelemetry, "TraceState:
// Probability Sampling").
class span_sampler {
public:
    // 0..1, in millionths.
    explicit constexpr span_sampler(unsigned millionths) noexcept
        : rejected_below_(range / whole * (whole - millionths) +
                          range % whole * (whole - millionths) / whole) {}

    // `trace_id`: 32 hex digits.
    constexpr bool takes(std::string_view trace_id) const noexcept {
        std::uint64_t random = 0;
        for (const char digit : trace_id.substr(32 - digits)) random = random << 4 | core::hex_value(digit);
        return random >= rejected_below_;
    }

private:
    static constexpr unsigned whole = 1'000'000;
    static constexpr std::size_t digits = 14;
    static constexpr std::uint64_t range = std::uint64_t{1} << (4 * digits);

    std::uint64_t rejected_below_;
};

// Where a request was sent.
struct span_peer {
    bool tls = false;
    std::string_view host{};
    unsigned port = 0;
    std::string_view socket{};  // the path of a Unix socket; then there is neither host nor port
};

// What the spans of one request say. Texts are only looked at during add().
struct span_record {
    static constexpr auto absent = access_record::absent;

    const access_record& line;  // a span shows nothing that the line would not show
    std::string_view flags;     // of the trace: two hex digits
    std::string_view
        scheme{};  // of the client's request, where others stand before us; empty: as line.tls says
    std::string_view host{};   // likewise; empty: line.host
    bool names_caller = true;  // false: its line is not written: neither account nor token are shown
    std::chrono::nanoseconds upstream_began = absent;  // after the request; absent: it was not needed
    std::string_view upstream_span_id{};               // the one that the upstream was told
    span_peer upstream{};
    unsigned upstream_status = 0;  // 0: it has not answered
    bool was_sent_again = false;
    std::chrono::nanoseconds gate_began = absent;  // likewise
    std::string_view gate_span_id{};
    int gate_status = 0;  // 0: it has not answered, or another request has asked it
};

// One for each worker; used by its thread alone.
class span_sink {
public:
    const span_sampler& sampler() const noexcept { return sampler_; }

    // Never waits and never fails: what there is no room for is dropped and counted.
    virtual void add(const span_record& of) noexcept = 0;

protected:
    ~span_sink() = default;

    span_sampler sampler_{0};
};

}  // namespace gate::telemetry
