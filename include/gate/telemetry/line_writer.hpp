#pragma once
// Writes one log line into memory that is known to be large enough: a JSON object, or `time LEVEL message
// key=value` with the same keys and strings quoted and escaped alike. Inline, because the access log runs it
// for every request.
//
// The caller guarantees room: fixed_bound for everything but strings and keys that it does not know by heart,
// plus string_bound() for each string.

#include <gate/core/log_style.hpp>
#include <gate/telemetry/text_escape.hpp>
#include <gate/telemetry/timestamp.hpp>

#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <string_view>

// Inlined into each call, so that the length of each key is a constant: a third of the cost of a line
// otherwise.
#define GATE_INLINE [[gnu::always_inline]]

namespace gate::telemetry {

std::string_view to_string(core::log_level level) noexcept;

// Room for the value of one field: its escaped text or its digits, and what stands around it.
constexpr std::size_t string_bound(std::size_t size) {
    return escaped_bound(size) + 16;
}
inline constexpr std::size_t number_bound = 32 + 16;

template <core::log_format Format>
class line_writer {
public:
    explicit line_writer(char* out) : out_(out) {}

    void head(timestamp_writer& clock, core::wall_clock::time_point when, core::log_level level,
              std::string_view message) {
        begin(clock, when, level);
        out_ = write_shown(out_, message);
        if constexpr (json) put("\"");
    }

    // The same with a message that is our own and needs no escape.
    GATE_INLINE void head_of_own(timestamp_writer& clock, core::wall_clock::time_point when,
                                 core::log_level level, std::string_view message) {
        begin(clock, when, level);
        put(message);
        if constexpr (json) put("\"");
    }

    // Left out when empty. Longer than `limit` bytes: cut there, and marked with an ellipsis.
    GATE_INLINE void text(std::string_view key, std::string_view value, std::size_t limit) {
        if (value.empty()) return;
        put_key(key);
        out_ = write_quoted(out_, value, limit);
    }

    // Text that is our own and needs no escape. Left out when empty.
    GATE_INLINE void word(std::string_view key, std::string_view value) {
        if (value.empty()) return;
        put_key(key);
        put("\"");
        put(value);
        put("\"");
    }

    template <class Number>
    GATE_INLINE void number(std::string_view key, Number value) {
        put_key(key);
        out_ = std::to_chars(out_, out_ + 32, value).ptr;
    }

    GATE_INLINE void boolean(std::string_view key, bool value) {
        put_key(key);
        put(value ? "true" : "false");
    }

    // Milliseconds with three decimals. Left out when negative: it did not happen.
    GATE_INLINE void milliseconds(std::string_view key, std::chrono::nanoseconds value) {
        if (value.count() < 0) return;
        const auto micros = static_cast<std::uint64_t>(value.count()) / 1000;
        number(key, micros / 1000);
        const auto rest = static_cast<unsigned>(micros % 1000);
        const char decimals[4] = {'.', digit(rest / 100), digit(rest / 10 % 10), digit(rest % 10)};
        put({decimals, sizeof decimals});
    }

    // Ends the line; returns the end of it.
    char* end() {
        put(json ? "}\n" : "\n");
        return out_;
    }

private:
    static constexpr bool json = Format == core::log_format::json;

    void begin(timestamp_writer& clock, core::wall_clock::time_point when, core::log_level level) {
        if constexpr (json) put("{\"timestamp\":\"");
        out_ = clock.write(out_, when);
        put(json ? "\",\"level\":\"" : " ");
        put(to_string(level));
        put(json ? "\",\"message\":\"" : " ");
    }

    static char digit(unsigned value) { return static_cast<char>('0' + value); }

    GATE_INLINE void put(std::string_view text) {
        std::memcpy(out_, text.data(), text.size());
        out_ += text.size();
    }

    GATE_INLINE void put_key(std::string_view key) {
        put(json ? ",\"" : " ");
        put(key);
        put(json ? "\":" : "=");
    }

    char* out_;
};

}  // namespace gate::telemetry

#undef GATE_INLINE
