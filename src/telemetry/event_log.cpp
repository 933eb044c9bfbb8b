#include <gate/telemetry/event_log.hpp>
#include <gate/telemetry/line_writer.hpp>
#include <gate/telemetry/log_output.hpp>

#include <array>
#include <cmath>
#include <string>

namespace gate::telemetry {
namespace {

constexpr std::size_t text_limit = 4096;  // bytes
constexpr std::size_t head_bound = 128;

using fields = std::initializer_list<log_field>;

std::size_t bound_of(const log_field& field) {
    const auto* text = std::get_if<std::string_view>(&field.value);
    return field.name.size() + (text ? string_bound(std::min(text->size(), text_limit)) : number_bound);
}

std::size_t bound_of(std::string_view message, fields all) {
    auto sum = head_bound + string_bound(message.size());
    for (const auto& field : all) sum += bound_of(field);
    return sum;
}

template <class Writer>
void put(Writer& line, const log_field& field) {
    if (const auto* text = std::get_if<std::string_view>(&field.value)) {
        line.text(field.name, *text, text_limit);
    } else if (const auto* number = std::get_if<std::int64_t>(&field.value)) {
        line.number(field.name, *number);
    } else if (const auto* flag = std::get_if<bool>(&field.value)) {
        line.boolean(field.name, *flag);
    } else if (const auto real = std::get<double>(field.value); std::isfinite(real)) {
        line.number(field.name, real);  // JSON has no other numbers (RFC 8259 6)
    }
}

template <core::log_format Format>
std::size_t format_line(char* out, core::log_level level, std::string_view message, fields all) {
    timestamp_writer clock;
    line_writer<Format> line(out);
    line.head(clock, core::wall_clock::now(), level, message);
    for (const auto& field : all) put(line, field);
    return static_cast<std::size_t>(line.end() - out);
}

}  // namespace

std::string_view to_string(core::log_level level) noexcept {
    constexpr std::array<std::string_view, 4> names{"debug", "info", "warn", "error"};
    return names[static_cast<std::size_t>(level)];
}

event_log::event_log(log_output& output, core::log_style style)
    : output_(output), format_(style.format), level_(style.lowest) {}

void event_log::write(level importance, std::string_view message, fields all) const {
    if (!enabled(importance)) return;
    message = clip(message, text_limit);
    std::string line(bound_of(message, all), '\0');
    line.resize(format() == core::log_format::json
                    ? format_line<core::log_format::json>(line.data(), importance, message, all)
                    : format_line<core::log_format::text>(line.data(), importance, message, all));
    output_.write(line);
}

}  // namespace gate::telemetry
