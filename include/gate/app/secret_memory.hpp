#pragma once
// Keeps what this process holds in memory from being read by others of the same user: no core dumps, no
// debugger, no /proc/<pid>/mem and environ (rule 25).

namespace gate::app {

// For debugging: set to 1, it leaves the process as it is.
inline constexpr char dumpable_variable[] = "GATE_SIDECAR_DUMPABLE";

// prctl(2) PR_SET_DUMPABLE, and RLIMIT_CORE. To be called before anything secret is read.
void refuse_dumps();

// Whether the environment has asked for dumps.
bool may_be_dumped();

}  // namespace gate::app
