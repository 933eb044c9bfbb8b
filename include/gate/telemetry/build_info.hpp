#pragma once
// What this program is: for the subcommand `version`, the metric build_info and the first log line. Static
// storage.

#include <string_view>

namespace gate::telemetry {

std::string_view version() noexcept;   // as CMake's project() has it
std::string_view revision() noexcept;  // GATE_REVISION of the build, or "unknown"

}  // namespace gate::telemetry
