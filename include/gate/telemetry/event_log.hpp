#pragma once
// The log of the life-cycle: few lines, each an event with a message and fields. The level says how soon an
// operator must act: error = immediately, warn = tomorrow, info = life-cycle and requests, debug = the rest.
// No line holds a token or a key: agent tokens in the texts are masked (rule 25).

#include <gate/core/log_style.hpp>
#include <gate/telemetry/log_focus.hpp>

#include <atomic>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>
#include <type_traits>
#include <variant>

namespace gate::telemetry {

class log_output;

// A named value, in OpenTelemetry's dotted spelling ("server.address"). Refers to its texts; lives for one
// call.
struct log_field {
    std::string_view name;
    std::variant<std::string_view, std::int64_t, double, bool> value;

    log_field(std::string_view key, std::string_view text) : name(key), value(text) {}
    log_field(std::string_view key, const char* text) : name(key), value(std::string_view(text)) {}
    log_field(std::string_view key, bool flag) : name(key), value(flag) {}
    log_field(std::string_view key, double number) : name(key), value(number) {}
    template <class Integer>
    requires std::is_integral_v<Integer> log_field(std::string_view key, Integer number)
        : name(key), value(static_cast<std::int64_t>(number)) {}
};

// Thread-safe. Never blocks: what the output has no room for is dropped and counted there.
class event_log {
public:
    using level = core::log_level;

    // `output` must outlive this object.
    event_log(log_output& output, core::log_style style);

    bool enabled(level wanted) const noexcept { return wanted >= level_.load(std::memory_order_relaxed); }
    void set_level(level lowest) noexcept { level_.store(lowest, std::memory_order_relaxed); }
    level lowest_level() const noexcept { return level_.load(std::memory_order_relaxed); }
    core::log_format format() const noexcept { return format_.load(std::memory_order_relaxed); }
    void set_format(core::log_format format) noexcept { format_.store(format, std::memory_order_relaxed); }

    // Whose requests are logged in any case.
    log_focus& focus() noexcept { return focus_; }
    const log_focus& focus() const noexcept { return focus_; }

    // One line, unless the level is below the lowest. Texts of more than 4096 bytes are cut; fields with
    // empty text are left out.
    void write(level importance, std::string_view message,
               std::initializer_list<log_field> fields = {}) const;

    void debug(std::string_view message, std::initializer_list<log_field> fields = {}) const {
        write(level::debug, message, fields);
    }
    void info(std::string_view message, std::initializer_list<log_field> fields = {}) const {
        write(level::info, message, fields);
    }
    void warn(std::string_view message, std::initializer_list<log_field> fields = {}) const {
        write(level::warn, message, fields);
    }
    void error(std::string_view message, std::initializer_list<log_field> fields = {}) const {
        write(level::error, message, fields);
    }

private:
    log_output& output_;
    std::atomic<core::log_format> format_;
    std::atomic<level> level_;
    log_focus focus_;
};

}  // namespace gate::telemetry
