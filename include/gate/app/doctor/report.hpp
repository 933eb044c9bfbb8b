#pragma once
// The findings as text for people, and as JSON for scripts. Pure.

#include <gate/app/doctor/finding.hpp>

#include <string>
#include <string_view>

namespace gate::app::doctor {

struct text_style {
    std::size_t width = 100;  // columns; lines are broken between words
    bool has_colour = false;  // ANSI escapes
};

// A heading for each section, in the order in which they come, a line for each finding with its fix below it,
// and a line that sums up.
std::string text_of(const findings& all, const text_style& how);

// One JSON object (config/doctor.md): {"version": 1, "result", "counts", "findings": [...]}, and a line feed.
std::string json_of(const findings& all, std::string_view program_version);

// exit_bad_configuration where the configuration is refused, else exit_failure if something has failed, else
// exit_clean.
int exit_code_of(const findings& all) noexcept;

}  // namespace gate::app::doctor
