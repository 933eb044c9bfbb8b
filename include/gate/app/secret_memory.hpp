#pragma once
// Keeps what this process holds in memory from being read by others of the same user: no core dumps, no
// debugger, no /proc/<pid>/mem and environ (rule 25).

#include <string>
#include <vector>

namespace gate::app {

// For debugging: set to true or 1, it leaves the process as it is. Other values than these, false and 0 are
// refused when the configuration is loaded, and count as false until then.
inline constexpr char dumpable_variable[] = "GATE_SIDECAR_DUMPABLE";

// prctl(2) PR_SET_DUMPABLE, and RLIMIT_CORE. To be called before anything secret is read. What the kernel has
// refused, a sentence each.
std::vector<std::string> refuse_dumps();

// Has the C library find the one function of the loader that it otherwise looks for when a thread first
// registers an object to be destroyed at its end: the loader then saves all vector registers on the stack,
// with what was copied last, and there a token would stay. To be called before anything secret is read.
void bind_loader_functions();

// Whether the environment has asked for dumps.
bool may_be_dumped();

}  // namespace gate::app
