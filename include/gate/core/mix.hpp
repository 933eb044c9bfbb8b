#pragma once

#include <cstdint>

namespace gate::core {

// The finaliser of MurmurHash3 (Appleby, public domain): a permutation of 64-bit numbers, so that different
// inputs stay different. Each bit of the result depends on all bits of the input.
constexpr std::uint64_t mix(std::uint64_t bits) noexcept {
    bits = (bits ^ (bits >> 33U)) * 0xff51afd7ed558ccdULL;
    bits = (bits ^ (bits >> 33U)) * 0xc4ceb9fe1a85ec53ULL;
    return bits ^ (bits >> 33U);
}

}  // namespace gate::core
