#pragma once
// Unpredictable numbers, for keys, seeds and masks. Thread-safe. Throws std::runtime_error if the system has
// none.

#include <cstdint>
#include <span>

namespace gate::core {

void fill_with_random(std::span<std::uint8_t> bytes);
std::uint64_t random_number();

}  // namespace gate::core
