#pragma once
// Keys that differ in the bits that a test cares about.

#include <gate/auth/token_key.hpp>

#include <cstring>

inline gate::auth::token_key key_number(std::uint64_t number, std::uint8_t shard = 0) {
    gate::auth::token_key key;
    std::memcpy(key.digest.data(), &number, sizeof number);
    key.digest[8] = shard;
    return key;
}

// As digests are: all bits well mixed (SplitMix64).
inline gate::auth::token_key mixed_key(std::uint64_t number) {
    gate::auth::token_key key;
    for (std::uint64_t i = 0; i < 4; ++i) {
        auto part = (number * 4 + i + 1) * 0x9e3779b97f4a7c15U;
        part = (part ^ part >> 30U) * 0xbf58476d1ce4e5b9U;
        part = (part ^ part >> 27U) * 0x94d049bb133111ebU;
        part ^= part >> 31U;
        std::memcpy(key.digest.data() + i * sizeof part, &part, sizeof part);
    }
    return key;
}
