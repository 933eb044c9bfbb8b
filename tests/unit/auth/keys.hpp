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
