#pragma once
// An expectation of a fuzz target: ends the program, which keeps the input that broke it.

#include <cstdio>
#include <cstdlib>

namespace gate::fuzz {

inline void check(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "does not hold: %s\n", what);
    std::abort();
}

}  // namespace gate::fuzz
