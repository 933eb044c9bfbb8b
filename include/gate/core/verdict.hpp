#pragma once
// What became of a token: never a bool, because "Gate said no" and "Gate could not be asked" are different
// things (rule 15).

#include <cstdint>
#include <string_view>

namespace gate::core {

enum class verdict : std::uint8_t { allow, deny, unavailable };

constexpr std::string_view to_string(verdict what) noexcept {
    switch (what) {
        case verdict::allow: return "allow";
        case verdict::deny: return "deny";
        case verdict::unavailable: break;
    }
    return "unavailable";
}

}  // namespace gate::core
