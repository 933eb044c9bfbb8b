#pragma once
// How much is logged, and how a line looks.

#include <cstdint>

namespace gate::core {

enum class log_level : std::uint8_t { debug, info, warn, error };
enum class log_format : std::uint8_t { json, text };

struct log_style {
    log_level lowest = log_level::info;
    log_format format = log_format::json;
};

}  // namespace gate::core
