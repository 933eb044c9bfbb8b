#pragma once
// Which of the 256 bytes belong to a set, as a table: for grammars that list their characters.

#include <array>
#include <string_view>

namespace gate::core {

using character_set = std::array<bool, 256>;

constexpr character_set characters_of(std::string_view list) noexcept {
    character_set out{};
    for (const char c : list) out[static_cast<unsigned char>(c)] = true;
    return out;
}

}  // namespace gate::core
