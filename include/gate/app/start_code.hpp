#pragma once
// The memory that the program's code and constants take.

namespace gate::app {

// Gives back the resident pages of code and constants, most of which only the start has needed. The kernel
// maps those again that are used. No effect on data, or where the system refuses. Thread-safe.
void forget_start_code() noexcept;

}  // namespace gate::app
