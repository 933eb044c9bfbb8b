#pragma once
// Names of fields in other spellings.

#include <gate/core/text.hpp>

#include <algorithm>
#include <string_view>

namespace gate::answer {

// Whether a receiver could take the one name for the other: it may fold case, and '-', '_', '.' and any other
// byte that is neither letter nor digit.
inline bool fold_to_the_same(std::string_view a, std::string_view b) noexcept {
    const auto is_same = [](char one, char other) {
        return core::to_lower(one) == core::to_lower(other) ||
               (!core::is_alphanumeric(one) && !core::is_alphanumeric(other));
    };
    return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), is_same);
}

}  // namespace gate::answer
