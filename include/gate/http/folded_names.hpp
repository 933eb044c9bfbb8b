#pragma once
// Names of fields in other spellings.

#include <string_view>

namespace gate::http {

// Whether a receiver could take `name` for `lower_name`: it may fold case, and '-', '_', '.' and any other
// byte that is neither letter nor digit. `lower_name` must be folded: lower case, with '-'.
bool folds_to(std::string_view name, std::string_view lower_name) noexcept;

}  // namespace gate::http
