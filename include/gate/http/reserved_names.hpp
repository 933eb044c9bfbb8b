#pragma once
// Names of fields that have a meaning already: to HTTP, to this program, or to the proxies in front of it.

#include <string_view>

namespace gate::http {

// Whether `name` folds to one of them, so that the field cannot be given another meaning: a receiver may take
// one for the other. Folding makes letters lower-case, and '-' of whatever is neither letter nor digit.
bool is_reserved_name(std::string_view name) noexcept;

}  // namespace gate::http
