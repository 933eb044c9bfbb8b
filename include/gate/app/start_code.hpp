#pragma once
// The memory that the program's code takes.

namespace gate::app {

// Gives back the pages of code that are resident, most of which only the start has needed. The kernel maps
// those again that are executed. No effect on data, or where the system refuses. Thread-safe.
void forget_start_code() noexcept;

}  // namespace gate::app
