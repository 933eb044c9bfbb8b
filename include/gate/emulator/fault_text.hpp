#pragma once
// Fault rules as the user writes them: `status=503,count=2` on the command line, the same keys as JSON
// members in the control API ({"status": 503, "count": 2}, or a list of such objects).

#include <gate/emulator/fault_plan.hpp>
#include <gate/emulator/json.hpp>
#include <gate/emulator/values.hpp>

namespace gate::emulator {

// Keys: latency, jitter, slow_bytes (durations); status, retry_after (numbers); malformed (a name); hang,
// reset, close (nothing or true); raw (base64); probability; count; path (verify, revoke or both). Unknown
// keys, values out of range and two answers in one rule are problems.
parsed<fault> parse_fault(std::string_view text);

// One object, or a list of them.
parsed<std::vector<fault>> parse_faults(const json_value& document);

// The plan as parse_faults reads it, counts as they stand now.
std::string faults_json(const std::vector<fault>& rules);

}  // namespace gate::emulator
