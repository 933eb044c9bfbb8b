#include <gate/core/random.hpp>

#include <openssl/rand.h>

#include <array>
#include <bit>
#include <stdexcept>

namespace gate::core {

void fill_with_random(std::span<std::uint8_t> bytes) {
    if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1)
        throw std::runtime_error("the system has no random bytes");
}

std::uint64_t random_number() {
    std::array<std::uint8_t, sizeof(std::uint64_t)> bytes;
    fill_with_random(bytes);
    return std::bit_cast<std::uint64_t>(bytes);
}

}  // namespace gate::core
